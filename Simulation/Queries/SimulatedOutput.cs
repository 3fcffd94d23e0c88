using OrleansFlow.Errors;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Simulation.Queries;

/// <summary>The rows of one output of a task, in partitions. Rows that are kept are read when they are whole; others as they come, as often as there are readers.</summary>
internal sealed class SimulatedOutput(TaskKey key, TaskOutput plan)
{
    private readonly List<QueryRow>[] _partitions = [.. Enumerable.Range(0, Math.Max(1, plan.PartitionCount)).Select(_ => new List<QueryRow>())];
    private readonly int[] _readCounts = new int[Math.Max(1, plan.PartitionCount)];
    private TaskCompletionSource _changed = NewSignal();
    private TaskFailedException? _failure;
    private bool _isWhole;

    // Rows come in another order each time, so what is dealt in turns falls otherwise.
    private int _turn = key.Attempt;

    /// <summary>Bytes of each partition.</summary>
    public IEnumerable<long> PartitionBytes => _partitions.Select(rows => (long)rows.Count * QueryRow.Bytes);

    /// <summary>Rows in it.</summary>
    public int RowCount => _partitions.Sum(rows => rows.Count);

    public void Add(IEnumerable<QueryRow> rows)
    {
        foreach (var row in rows)
        {
            var partition = plan.Dealing switch
            {
                TaskOutput.Types.Dealing.Hash => (int)(row.Key % _partitions.Length),
                TaskOutput.Types.Dealing.RoundRobin => _turn++ % _partitions.Length,
                _ => 0,
            };
            _partitions[partition].Add(row);
        }

        Signal();
    }

    /// <summary>All rows are there.</summary>
    public void Complete()
    {
        _isWhole = true;
        Signal();
    }

    /// <summary>Nobody can read it any more; its rows are gone.</summary>
    public void Fail(TaskFailedException failure)
    {
        _failure ??= failure;
        Array.ForEach(_partitions, rows => rows.Clear());
        Signal();
    }

    /// <summary>Begins to read some partitions.</summary>
    /// <exception cref="FlowException">They were read by all who may.</exception>
    public void Open(int first, int count)
    {
        for (var partition = first; partition < first + count; partition++)
        {
            if (!plan.IsMaterialized && ++_readCounts[partition] > Math.Max(1, plan.ReaderCount))
            {
                throw new FlowException(FlowErrorCode.AlreadyEnded, $"Partition {partition} of {key} was read already.");
            }
        }
    }

    /// <summary>Waits for rows behind those that were read.</summary>
    /// <param name="first">First partition.</param>
    /// <param name="count">Partitions.</param>
    /// <param name="read">Rows that were read of them.</param>
    /// <returns>The next ones, and whether there are no more.</returns>
    public async Task<(IReadOnlyList<QueryRow> Rows, bool IsEnd)> NextAsync(int first, int count, int[] read)
    {
        while (true)
        {
            if (_failure is not null)
            {
                throw new TaskFailedException(_failure.Failure, _failure.Origin, _failure);
            }

            if (_isWhole || !plan.IsMaterialized)
            {
                var rows = new List<QueryRow>();
                for (var index = 0; index < count; index++)
                {
                    var partition = _partitions[first + index];
                    rows.AddRange(partition.Skip(read[index]));
                    read[index] = partition.Count;
                }

                if (rows.Count > 0 || _isWhole)
                {
                    return (rows, _isWhole);
                }
            }

            await _changed.Task;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }
}
