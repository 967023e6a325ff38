import { S3ServiceException } from '@aws-sdk/client-s3';
import { PipelineError } from '../errors.js';

/** An error of the service or the network → STORE_REFUSED or STORE_UNREACHABLE; any other as it is. */
export function translated(error: unknown, where: string): unknown {
  if (!(error instanceof Error) || error instanceof PipelineError) return error;
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const known = REFUSALS[error.name];
  if (known !== undefined) return new PipelineError('STORE_REFUSED', `${where}: ${known}`, { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new PipelineError('STORE_REFUSED', `${where}: the store answers ${status} ${error.name} · check the credentials, the bucket and its rights`, {
      cause: error,
    });
  }
  const isNetwork = status !== undefined || 'code' in error || /TimeoutError|NetworkingError|socket hang up/.test(`${error.name} ${error.message}`);
  if (!isNetwork) return error;
  return new PipelineError(
    'STORE_UNREACHABLE',
    `${where}: ${status ?? (error as NodeJS.ErrnoException).code ?? error.name} ${error.message} · it is tried again`,
    {
      cause: error,
    },
  );
}

/** Undefined where there is no such object. */
export async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, 404) && ABSENT.includes((error as Error).name)) return undefined;
    throw error;
  }
}

export function isStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0);
}

const ABSENT: readonly string[] = ['NoSuchKey', 'NotFound'];

/** Refusals that no repetition helps against, by the service's name for them, and what to do. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket · create it, or correct NOISY_STUDENT_STORE',
  InvalidAccessKeyId: 'the access key is unknown · check AWS_ACCESS_KEY_ID or AWS_PROFILE',
  SignatureDoesNotMatch: 'the secret key is wrong · check AWS_SECRET_ACCESS_KEY or AWS_PROFILE',
  ExpiredToken: 'the session token has expired · get a new one',
  RequestTimeTooSkewed: 'the clock of this machine is more than 15 minutes off · set it',
  CredentialsProviderError: 'no credentials were found · set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  PermanentRedirect: 'the bucket is in another region · set AWS_REGION to it',
  AccessDenied:
    'this user may not · allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket, and for gc s3:ListBucketMultipartUploads and s3:AbortMultipartUpload',
};
