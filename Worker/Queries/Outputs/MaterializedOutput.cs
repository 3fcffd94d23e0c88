using OrleansFlow.Arrow;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>
/// An output that is whole before it is read, and is kept until the query ends, so that it can be read again. Rows beyond the worker's memory for such
/// outputs are moved to a file, oldest first. A task that writes it never waits for readers.
/// </summary>
/// <param name="partitionCount">Partitions, at least 1.</param>
/// <param name="memory">The worker's.</param>
/// <param name="folder">Where files go.</param>
/// <param name="size">How long messages are.</param>
/// <param name="measure">Hears of moved bytes.</param>
internal sealed class MaterializedOutput(int partitionCount, MaterializedMemory memory, SpillFolder folder, MessageSize size, TaskMeasure measure) : ITaskOutput
{
    private readonly Lock _gate = new();
    private readonly Partition[] _partitions = [.. Enumerable.Range(0, partitionCount).Select(_ => new Partition())];
    private readonly TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SpillFile? _file;
    private Exception? _failure;
    private long _heldBytes;

    public int PartitionCount => _partitions.Length;

    public bool IsAbandoned => false;

    public bool IsDrained => false;

    public async ValueTask WriteAsync(int partition, RecordBatch batch, long bytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                batch.Dispose();
                throw _failure;
            }

            _partitions[partition].Memory.Add((batch, bytes));
            _heldBytes += bytes;
        }

        if (memory.Add(bytes))
        {
            await SpillAsync(cancellationToken);
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_file is { } file && file.TryAddReference())
        {
            try
            {
                await file.CompleteAsync(cancellationToken);
            }
            finally
            {
                file.Release();
            }
        }

        _whole.TrySetResult();
    }

    public void Fail(Exception failure)
    {
        SpillFile? file;
        lock (_gate)
        {
            _failure ??= failure;
            foreach (var partition in _partitions)
            {
                foreach (var (batch, _) in partition.Memory)
                {
                    batch.Dispose();
                }

                partition.Memory.Clear();
                partition.InFile.Clear();
            }

            memory.Remove(_heldBytes);
            _heldBytes = 0;
            file = _file;
            _file = null;
        }

        file?.Dispose();
        _whole.TrySetResult();
    }

    public IOutputReader OpenReader(int firstPartition, int count) => new Reader(this, firstPartition, count);

    public void Dispose() => Fail(new ObjectDisposedException(nameof(MaterializedOutput)));

    /// <summary>Moves all rows in memory to the file. Only the writing task does it, so nothing is added meanwhile.</summary>
    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        for (var index = 0; index < _partitions.Length; index++)
        {
            while (TakeMemory(index, out var bytes) is { } batch)
            {
                try
                {
                    await WriteToFileAsync(index, batch, cancellationToken);
                }
                finally
                {
                    batch.Dispose();
                    memory.Remove(bytes);
                }
            }
        }
    }

    private async ValueTask WriteToFileAsync(int partition, RecordBatch batch, CancellationToken cancellationToken)
    {
        var file = OpenFile(batch.Schema);
        try
        {
            var before = file.Bytes;
            var number = await file.WriteAsync(batch, cancellationToken);
            measure.AddSpilled(file.Bytes - before);
            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw _failure;
                }

                _partitions[partition].InFile.Add(number);
            }
        }
        finally
        {
            file.Release();
        }
    }

    /// <summary>The file with a reference that is the caller's.</summary>
    private SpillFile OpenFile(ArrowSchema schema)
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            _file ??= new SpillFile(folder.NewPath(), schema);
            _file.TryAddReference();
            return _file;
        }
    }

    /// <summary>Takes the oldest rows of a partition out of memory, joined to one message; null when there are none.</summary>
    private RecordBatch? TakeMemory(int index, out long bytes)
    {
        var taken = new List<RecordBatch>();
        bytes = 0;
        lock (_gate)
        {
            var held = _partitions[index].Memory;
            var rows = 0L;
            while (taken.Count < held.Count)
            {
                var (batch, batchBytes) = held[taken.Count];
                if (taken.Count > 0 && !size.Takes(rows, bytes, batch.RowCount))
                {
                    break;
                }

                taken.Add(batch);
                rows += batch.RowCount;
                bytes += batchBytes;
            }

            held.RemoveRange(0, taken.Count);
            _heldBytes -= bytes;
        }

        return taken.Count == 0 ? null : MessageSize.Join(taken);
    }

    private sealed class Partition
    {
        /// <summary>Numbers of the batches in the file; they come before those in memory.</summary>
        public List<int> InFile { get; } = [];

        public List<(RecordBatch Batch, long Bytes)> Memory { get; } = [];
    }

    private sealed class Reader(MaterializedOutput owner, int first, int count) : IOutputReader
    {
        private readonly int _end = first + count;
        private int _partition = first;
        private int _place;

        public async ValueTask<RecordBatch?> ReadAsync(CancellationToken cancellationToken)
        {
            await owner._whole.Task.WaitAsync(cancellationToken);
            while (_partition < _end)
            {
                if (Next() is { } batch)
                {
                    return batch;
                }

                _partition++;
                _place = 0;
            }

            return null;
        }

        public void Dispose()
        {
            // It holds nothing between two reads.
        }

        private RecordBatch? Next()
        {
            SpillFile file;
            int number;
            lock (owner._gate)
            {
                if (owner._failure is not null)
                {
                    throw owner._failure;
                }

                var partition = owner._partitions[_partition];
                if (_place >= partition.InFile.Count)
                {
                    return TakeWhileLocked(partition);
                }

                number = partition.InFile[_place++];
                file = owner._file!;
                file.TryAddReference();
            }

            try
            {
                return file.Read(number);
            }
            finally
            {
                file.Release();
            }
        }

        private RecordBatch? TakeWhileLocked(Partition partition)
        {
            var taken = new List<RecordBatch>();
            var (rows, bytes) = (0L, 0L);
            for (var index = _place - partition.InFile.Count; index < partition.Memory.Count; index++, _place++)
            {
                var (batch, batchBytes) = partition.Memory[index];
                if (taken.Count > 0 && !owner.Size.Takes(rows, bytes, batch.RowCount))
                {
                    break;
                }

                taken.Add(batch.Retain());
                rows += batch.RowCount;
                bytes += batchBytes;
            }

            return taken.Count == 0 ? null : MessageSize.Join(taken);
        }
    }

    private MessageSize Size => size;
}
