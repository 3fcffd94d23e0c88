using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>Files that are lists of batches in this process.</summary>
internal sealed class MemoryTableFiles : ITableFiles, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<RecordBatch>> _files = new(StringComparer.Ordinal);
    private long _made;

    public string PathOf(SubtaskPlace place, string table, long epoch, int compaction) => string.Create(
        CultureInfo.InvariantCulture, $"memory/{Interlocked.Increment(ref _made)}/checkpoint-{epoch:0000000}/operator-{place.OperatorId}/table-{table}-{place.Index:000}-g{compaction}");

    public ValueTask<ITableFileWriter> CreateAsync(string path, ArrowSchema schema, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ITableFileWriter>(new Writer(this, path));

    public async IAsyncEnumerable<RecordBatch> ReadAsync(TableFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batches = new List<RecordBatch>();
        lock (_gate)
        {
            if (!_files.TryGetValue(file.Path, out var kept))
            {
                throw new FlowException(FlowErrorCode.DataFileMissing, $"State file '{file.Path}' is not in memory; it belongs to another process or was disposed.");
            }

            batches.AddRange(kept.Select(batch => batch.Retain()));
        }

        var given = 0;
        try
        {
            while (given < batches.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                given++;
                var batch = batches[given - 1];
                yield return ImpliedHash.Of(batch.Schema)?.Add(batch) ?? batch;
            }

            await ValueTask.CompletedTask;
        }
        finally
        {
            foreach (var batch in batches.Skip(given))
            {
                batch.Dispose();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var batch in _files.Values.SelectMany(batches => batches))
            {
                batch.Dispose();
            }

            _files.Clear();
        }
    }

    private sealed class Writer(MemoryTableFiles files, string path) : ITableFileWriter
    {
        private readonly List<RecordBatch> _batches = [];

        public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _batches.Add(batch.Retain());
            return ValueTask.CompletedTask;
        }

        public ValueTask<long> CompleteAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = _batches.Sum(batch => batch.ByteCount);
            lock (files._gate)
            {
                files._files[path] = [.. _batches];
            }

            _batches.Clear();
            return ValueTask.FromResult(bytes);
        }

        public ValueTask DisposeAsync()
        {
            foreach (var batch in _batches)
            {
                batch.Dispose();
            }

            _batches.Clear();
            return ValueTask.CompletedTask;
        }
    }
}
