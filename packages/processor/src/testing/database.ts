import type { TestDatabase } from '@sluice/runtime/testing/test-database'

/** From now on no event of this type can be stored, with the data error of a tenant's own rule. */
export async function refuseEventsOfType(sql: TestDatabase['sql'], eventType: string): Promise<void> {
  await sql(`
    CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'P0001'; END $$`)
  await sql(`
    CREATE TRIGGER refuse_event BEFORE INSERT ON events FOR EACH ROW
    WHEN (NEW.event_type = '${eventType}') EXECUTE FUNCTION refuse_event()`)
}
