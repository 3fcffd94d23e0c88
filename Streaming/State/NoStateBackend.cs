using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>States of runs without checkpoints: global tables are maps, rows are dropped, nothing can be restored or frozen.</summary>
internal sealed class NoStateBackend : IStateBackend
{
    public ISubtaskState Open(SubtaskPlace place, OperatorState? restored)
    {
        ArgumentNullException.ThrowIfNull(place);
        return restored is null ? new State(place) : throw new ArgumentException("A run without checkpoints cannot begin from one.", nameof(restored));
    }

    private sealed class State(SubtaskPlace place) : ISubtaskState
    {
        public SubtaskPlace Place => place;

        public KeyRange Keys => place.Keys;

        public long? RestoredWatermarkMicros => null;

        public async ValueTask<IGlobalTable> OpenGlobalAsync(string name, GlobalTableOptions options, CancellationToken cancellationToken) =>
            await GlobalTable.OpenAsync(new MemoryTableFiles(), place, name, options, [], migrates: false, cancellationToken);

        public ValueTask<IRowTable> OpenRowsAsync(string name, RowTableOptions options, CancellationToken cancellationToken)
        {
            options.Validate(name);
            return ValueTask.FromResult<IRowTable>(new DroppedRows());
        }

        public IStateSnapshot Freeze(long epoch, long? watermarkMicros, ReadOnlyMemory<byte> commitData) =>
            throw new InvalidOperationException($"Epoch {epoch} of '{place.OperatorId}' cannot be taken: the run keeps no checkpoints.");

        public void Replace(IReadOnlyList<TableState> compacted)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class DroppedRows : IRowTable
    {
        public async IAsyncEnumerable<RecordBatch> RestoreAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await ValueTask.CompletedTask;
            yield break;
        }

        public void Append(RecordBatch rows)
        {
            ArgumentNullException.ThrowIfNull(rows);
            rows.Dispose();
        }
    }
}
