import { describe, expect, test } from 'vitest'
import {
  areSearchable,
  numberOf,
  rangeOf,
  searchedWords,
  wordsOfCustomer,
  wordsOfOrder,
} from '../../../../src/domain/orders/search-words.ts'

const customer = (name: string, licensePlate: string | null = null) => wordsOfCustomer({ name, licensePlate })

describe('words of customers and orders', () => {
  test.each([
    ['Brian Johnson', 'KLW-9104', ['klw9104', '9104', 'brian', 'johnson']],
    ["José O'Brien-Núñez", null, ['jose', 'obriennunez', 'briennunez', 'nunez']],
    ['Łukasz Weiß', '22AB', ['22ab', 'ab', 'lukasz', 'weiss']],
    ['[erased]', null, []],
    ['🍕', '--', []],
    ['山田 太郎', 'B MW 1', ['bmw1', 'mw1', '山田', '太郎']],
  ])('a customer %s with the plate %s has the words %j', (name, plate, words) => {
    expect(customer(name, plate)).toEqual(words)
  })

  test('an order has the words of its partner identifier and redemption code, each once, and none without them', () => {
    expect(wordsOfOrder({ partnerIdentifier: 'S-43', redemptionCode: 's 43' })).toEqual(['s43', '43'])
    expect(wordsOfOrder({ partnerIdentifier: null, redemptionCode: null })).toEqual([])
  })

  test('a text has at most 8 words per part and an owner 16, of 32 characters each, never half of a surrogate pair', () => {
    const words = customer(
      Array.from({ length: 60 }, (_, index) => `w${index}`).join(' '),
      'a-b-c-d-e-f-g-h-i-j',
    )
    expect(words).toHaveLength(16)
    const [long] = customer('𝒜'.repeat(10) + '𐐀'.repeat(50))
    expect(long?.isWellFormed()).toBe(true)
    expect(Array.from(long ?? '')).toHaveLength(32)
  })

  test('a searched text is divided at white space only: punctuation within a word is left out', () => {
    expect(searchedWords('  22-AB  #187 brian brian ')).toEqual(['22ab', '187', 'brian'])
    expect(searchedWords('- -- .')).toEqual([])
  })

  test('a text can be searched if a word has two characters or is a number', () => {
    expect(['ab', 'a b cd', '7', 'a 7'].map((text) => areSearchable(searchedWords(text)))).toEqual(
      Array(4).fill(true),
    )
    expect(['a', 'a b', '0', ''].map((text) => areSearchable(searchedWords(text)))).toEqual(
      Array(4).fill(false),
    )
  })

  test('a number of an order has no leading zero and fits in 31 bits; a single digit is compared as a number only', () => {
    expect(['7', '24667', '2147483647'].map(numberOf)).toEqual([7, 24_667, 2_147_483_647])
    expect(['0', '07', '2147483648', '7a', '-7', ''].map(numberOf)).toEqual(Array(6).fill(null))
    expect(rangeOf('7')).toBeNull()
    expect(rangeOf('0')).not.toBeNull()
    expect(rangeOf('78')).toEqual({ from: '78', until: '78\u{10ffff}' })
  })
})

test('the plate of a customer is found, however many words the name has', () => {
  const name = Array.from({ length: 17 }, (_, index) => `word${index}`).join(' ')
  expect(customer(name, 'ZZY-7711')).toContain('zzy7711')
})
