using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What follows each checkpoint of a local job: files of several are merged, and what nobody needs is removed. One call at a time.</summary>
/// <param name="setup">The job.</param>
/// <param name="checkpoints">Its checkpoints.</param>
/// <param name="generation">The generation that runs.</param>
/// <param name="runner">Whose subtasks are told of merged files.</param>
internal sealed class JobHousekeeping(LocalJobSetup setup, CheckpointStore checkpoints, long generation, LocalRunner runner)
{
    private readonly CheckpointCleaner _cleaner = new(checkpoints);
    private readonly TableCompactor _compactor = new(setup.Store, setup.Job, generation, setup.CompactedCheckpoints);

    /// <summary>Merged files that the next checkpoint names.</summary>
    private readonly HashSet<string> _inUse = new(StringComparer.Ordinal);

    /// <summary>Merges and removes.</summary>
    /// <param name="manifest">The checkpoint that counts last.</param>
    /// <param name="isLast">Whether the job ends with it: nothing is merged then.</param>
    /// <param name="cancellationToken">The job ends; the next one goes on.</param>
    public async Task AfterAsync(CheckpointManifest manifest, bool isLast, CancellationToken cancellationToken)
    {
        // Subtasks took what they were told of before this checkpoint began: what it does not name, nobody will.
        _inUse.Clear();
        foreach (var state in isLast ? [] : manifest.Operators)
        {
            var tables = await _compactor.CompactAsync(state, cancellationToken);
            if (tables.Count == 0)
            {
                continue;
            }

            _inUse.UnionWith(tables.SelectMany(table => table.Files).Select(file => file.Path));
            try
            {
                await runner.LoadCompactedDataAsync(new LoadCompactedDataRequest { OperatorId = state.OperatorId, Tables = { tables } }, cancellationToken);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.AlreadyEnded)
            {
                // The data came to its end meanwhile: the next start goes on with the files that there are.
                return;
            }
        }

        await _cleaner.CleanAsync(generation, setup.RetainedCheckpoints, _inUse, cancellationToken);
    }
}
