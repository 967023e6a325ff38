import type { SearchAttributePair, SearchAttributeUpdatePair } from '@temporalio/common';

/** What runs can be searched by. The server must know them before the first run: see workers/connection.ts. */
export const SEARCH_ATTRIBUTES = {
  NoisyStudentSpec: 'KEYWORD',
  Generation: 'INT',
  Phase: 'KEYWORD',
  State: 'KEYWORD',
  BestTop1: 'DOUBLE',
} as const;

export interface SearchValues {
  readonly NoisyStudentSpec?: string;
  readonly Generation?: number;
  readonly Phase?: string;
  readonly State?: string;
  /** Share of the test images, 0…1, of the best model so far; null = there is none any more. */
  readonly BestTop1?: number | null;
}

/** The given values as the client and the workflow API take them. */
export function searchAttributes(values: SearchValues): SearchAttributePair[] & SearchAttributeUpdatePair[] {
  const pairs = Object.entries(values).map(([name, value]) => ({
    key: { name, type: SEARCH_ATTRIBUTES[name as keyof typeof SEARCH_ATTRIBUTES] },
    value,
  }));
  return pairs as SearchAttributePair[] & SearchAttributeUpdatePair[];
}
