import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './find-program.ts'

export type TestCertificate = Disposable & {
  /** PEM: what a client has to trust. */
  caFile: string
  /** PEM: PKCS #8 key and certificate in one file, as Kafka's key store of type PEM wants it. */
  keyAndCertificateFile: string
}

/** Makes a self-signed certificate for 127.0.0.1 and localhost that is valid for a day. Its files go when it is disposed. */
export async function makeCertificate(): Promise<TestCertificate> {
  const openssl = findProgram('openssl', 'openssl')
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificate-'))
  const [key, caFile, both] = ['key.pem', 'ca.pem', 'both.pem'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await promisify(execFile)(openssl, [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', key, '-out', caFile],
  ])
  writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(caFile, 'utf8'), { mode: 0o600 })
  return { caFile, keyAndCertificateFile: both, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
