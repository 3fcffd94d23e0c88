using System.Runtime.CompilerServices;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Simulation.Queries;

/// <summary>Rows of a task that somebody reads over the network.</summary>
internal sealed class SimulatedRows(QueryWire wire, string from, SimulatedQueryWorker to, OutputRange range, TimeProvider clock)
{
    private SimulatedQueryTask? _task;

    /// <summary>Waits until the task is there and may be read.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) =>
        _task ??= await wire.CallAsync(from, to, () => to.OpenAsync(range, cancellationToken), timeout: null, clock, cancellationToken);

    /// <summary>All rows, some at a time.</summary>
    public async IAsyncEnumerable<IReadOnlyList<QueryRow>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken);
        var read = new int[range.PartitionCount];
        while (true)
        {
            var (rows, isEnd) = await wire.CallAsync(from, to, () => _task!.Outputs[range.Output].NextAsync(range.FirstPartition, range.PartitionCount, read), timeout: null, clock, cancellationToken);
            if (rows.Count > 0)
            {
                yield return rows;
            }

            if (isEnd)
            {
                yield break;
            }
        }
    }
}
