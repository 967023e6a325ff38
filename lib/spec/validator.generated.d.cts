import type { ErrorObject } from 'ajv';

/** Whether a value fits schemas/pipeline.schema.json; `errors` holds every fault of the last call. */
declare const fitsSchema: ((value: unknown) => boolean) & { errors?: ErrorObject[] | null };
export = fitsSchema;
