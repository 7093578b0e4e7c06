/**
 * An HL7 v2 peer that does what it is told: one line of standard input is one command, one line of standard output its answer.
 *
 * Words are parted by tabs. Commands: `certificates CERT KEY CA`; `parse FILE OUT`; `send HOST PORT FOLDER ANSWERS`;
 * `receive FOLDER HOW`; `close`. An answer begins with `ok` or `failed`. The process ends with its standard input, so that a
 * killed test run leaves nothing behind.
 */
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client, Message } from 'node-hl7-client'
import { Server } from 'node-hl7-server'

const ANSWER_MS = 20_000

// The server package names its address by an option that node does not know, and so would listen to the whole network.
const listen = NetServer.prototype.listen
NetServer.prototype.listen = function (options, ...rest) {
  return listen.call(this, { ...options, host: '127.0.0.1', ipv6Only: false }, ...rest)
}

let certificates
let receiving

function parse (file, out) {
  const message = new Message({ text: readFileSync(file, 'utf8') })
  writeFileSync(out, message.toString())
  return `${message.get('MSH.9.1')}^${message.get('MSH.9.2')}\t${message.get('MSH.10')}`
}

/** Sends every message of a folder over one connection, each after the answer to the one before it. */
async function send (host, port, folder, answers) {
  let answered, failed
  const client = new Client({ host, tls: certificates })
  const connection = client.createConnection({ port: Number(port) }, async answer => answered(answer.getMessage()))
  connection.on('client.error', error => failed?.(error))
  try {
    await within(new Promise((resolve, reject) => { failed = reject; connection.on('connect', resolve) }))
    const names = readdirSync(folder).sort()
    for (const name of names) {
      const message = new Message({ text: readFileSync(join(folder, name), 'utf8') })
      const answer = new Promise((resolve, reject) => { answered = resolve; failed = reject })
      await connection.sendMessage(message)
      writeFileSync(join(answers, name), (await within(answer)).toString())
    }
    return `${names.length}`
  } finally {
    await connection.close()
  }
}

async function within (promise) {
  let timer
  const late = new Promise((resolve, reject) => { timer = setTimeout(() => reject(new Error('no answer in time')), ANSWER_MS) })
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** A server on the loopback address; what it gets is written as it was parsed, numbered from 0001, before the answer. */
async function receive (folder, how) {
  let count = 0
  const server = new Server({ bindAddress: '127.0.0.1', tls: certificates && { ...certificates, requestCert: true } })
  const inbound = server.createInbound({ port: 0 }, async (request, response) => {
    const whole = join(folder, `${String(++count).padStart(4, '0')}.hl7`)
    writeFileSync(`${whole}.part`, request.getMessage().toString())
    renameSync(`${whole}.part`, whole)
    if (how !== 'nothing') await response.sendResponse(how)
  })
  await new Promise((resolve, reject) => { inbound.on('listen', resolve); inbound.on('error', reject) })
  receiving = inbound
  return `${inbound._socket.address().port}`
}

async function done ([command, ...words]) {
  switch (command) {
    case 'certificates': {
      const [cert, key, ca] = words.map(name => readFileSync(name))
      certificates = { cert, key, ca }
      return ''
    }
    case 'parse': return parse(...words)
    case 'send': return await send(...words)
    case 'receive': return await receive(...words)
    case 'close': await receiving.close(); return ''
    default: throw new Error(`unknown command: ${command}`)
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = `ok\t${await done(line.split('\t'))}`
  } catch (error) {
    answer = `failed\t${error.message}`
  }
  process.stdout.write(`${answer.replace(/[\r\n]+/g, ' ')}\n`)
}
process.exit(0)
