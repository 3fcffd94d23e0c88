using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>What a job begins from, and what has to be done before it can.</content>
public sealed partial class LocalJob
{
    /// <summary>Takes the job over.</summary>
    /// <returns>The job; with the program of before, where it has to settle first.</returns>
    private static async Task<(LocalJob Job, bool MustSettle)> BeginAsync(LocalJobSetup setup, CancellationToken cancellationToken)
    {
        var checkpoints = new CheckpointStore(setup.Store, setup.Job);
        var generation = await GenerationClaims.ClaimAsync(checkpoints, cancellationToken);
        var taken = await checkpoints.TakeOverAsync(generation, cancellationToken);
        if (taken.Outcome == PublishOutcome.StaleGeneration)
        {
            throw new FlowException(FlowErrorCode.LeaseLost, $"Job '{setup.Job}' was begun by another process at the same time; run it in one process at a time.");
        }

        var restored = await ChooseAsync(setup, checkpoints, taken, cancellationToken);
        var before = restored is null ? null : ChannelStates.ProgramBefore(setup.Program, restored.Operators);
        return before is null
            ? (new LocalJob(setup, checkpoints, generation, taken, restored), false)
            : (new LocalJob(setup with { Program = before, CheckpointInterval = null }, checkpoints, generation, taken, restored), true);
    }

    /// <summary>Runs up to a checkpoint that stops it, which is aligned, or to the end of the data; then there is nothing on its way.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        await using (this)
        {
            var run = RunAsync(cancellationToken);
            try
            {
                await CheckpointAsync(thenStop: true, cancellationToken);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
            {
                // The data came to its end, or the run failed: then it says why.
            }
            catch
            {
                await DisposeAsync();
                await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            await run;
        }
    }

    private static async Task<CheckpointManifest?> ChooseAsync(LocalJobSetup setup, CheckpointStore checkpoints, TakenOver taken, CancellationToken cancellationToken)
    {
        var needsCommit = taken.Outcome == PublishOutcome.CommitRequired;
        if (setup.Savepoint is { } name && needsCommit)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"Job '{setup.Job}' has rows to commit since its last crash; let it go on once before it begins from savepoint '{name}'.");
        }

        var from = setup.Savepoint is null ? taken.Latest : await new SavepointStore(checkpoints).ReadAsync(setup.Savepoint, cancellationToken);
        if (from is null)
        {
            return null;
        }

        var isSame = from.ProgramHash.Span.SequenceEqual(StateCompatibility.HashOf(setup.Program));
        if (!isSame && setup.Savepoint is null && !setup.AcceptsChangedProgram)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"Job '{setup.Job}' has checkpoints of another program. Accept the change, begin from a savepoint, or take another folder.");
        }

        var chosen = StateCompatibility.Choose(setup.Program, from, setup.DropsUnknownState, needsCommit);
        var restored = from.Clone();
        restored.Operators.Clear();
        restored.Operators.Add(chosen);
        return restored;
    }
}
