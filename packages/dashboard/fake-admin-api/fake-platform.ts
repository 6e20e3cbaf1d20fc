import type { RouteName } from '../admin-api/routes.ts'
import { deadLetterAnswers } from './fake-dead-letter-answers.ts'
import { eventAnswers } from './fake-event-answers.ts'
import { flowAnswers } from './fake-flow-answers.ts'
import { healthAnswers } from './fake-health-answers.ts'
import type { FakeScenario } from './fake-numbers.ts'
import { overviewAnswers } from './fake-overview-answers.ts'
import { createFakeSituation, type FakeAnswer, type FakeAnswers, type FakeAsked } from './fake-situation.ts'

export type FakePlatform = {
  scenario: FakeScenario
  setScenario(scenario: FakeScenario): void
  answer(name: RouteName, asked: FakeAsked, body: unknown): FakeAnswer
}

/** A platform in memory that behaves as the contract says; `now` in Unix milliseconds. */
export function createFakePlatform(now: () => number, firstScenario: FakeScenario = 'normal'): FakePlatform {
  const situation = createFakeSituation(now, firstScenario)
  const answers: FakeAnswers = {
    ...overviewAnswers(situation),
    ...healthAnswers(situation),
    ...flowAnswers(situation),
    ...eventAnswers(situation),
    ...deadLetterAnswers(situation),
  }
  return {
    get scenario() {
      return situation.scenario
    },
    setScenario: situation.setScenario,
    answer: (name, asked, body) => answers[name](asked, body as never),
  }
}
