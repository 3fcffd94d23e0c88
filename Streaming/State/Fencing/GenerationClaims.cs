using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>Gives out generations of a job that nobody else coordinates: each number once, whoever asks at the same time.</summary>
internal static class GenerationClaims
{
    private const int RoundsMax = 1_000;

    /// <summary>Takes the number behind the greatest that was given out.</summary>
    /// <param name="checkpoints">The job's checkpoints.</param>
    /// <param name="cancellationToken">Gives up; a number that was taken stays unused.</param>
    /// <exception cref="FlowException">The store failed, or others take numbers all the time (<see cref="FlowErrorCode.StoreUnavailable"/>).</exception>
    public static async ValueTask<long> ClaimAsync(CheckpointStore checkpoints, CancellationToken cancellationToken)
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            var latest = 0L;
            await foreach (var entry in checkpoints.Store.ListAsync(checkpoints.Full(CheckpointLayout.Generations), cancellationToken))
            {
                latest = CheckpointLayout.TryParseGeneration(entry.Name[checkpoints.Full("").Length..], out var generation) ? Math.Max(latest, generation) : latest;
            }

            if (await checkpoints.Store.TryCreateAsync(checkpoints.Full(CheckpointLayout.GenerationClaim(latest + 1)), "claimed"u8.ToArray(), cancellationToken))
            {
                return latest + 1;
            }
        }

        throw new FlowException(FlowErrorCode.StoreUnavailable, $"No generation could be begun in {RoundsMax} rounds: others begin meanwhile.");
    }
}
