using System.Buffers.Binary;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Dataflow;

/// <summary>Numbers the rows of each key from 1 on: a row that is lost, repeated or counted at two subtasks shows in its output.</summary>
internal sealed class CountPerKey : StreamOperator
{
    public static readonly ArrowSchema Schema = new(
        new ArrowField("key", ArrowType.Int64, isNullable: false), new ArrowField("count", ArrowType.Int64, isNullable: false));

    private readonly Dictionary<long, long> _counts = [];
    private IGlobalTable? _table;
    private ArrowAllocator _allocator = ArrowAllocator.Default;

    public override async ValueTask StartAsync(OperatorContext context, CancellationToken cancellationToken)
    {
        _allocator = context.Allocator;
        _table = await context.State.OpenGlobalAsync("counts", 1, cancellationToken);
        foreach (var (key, value) in _table.Entries.ToList())
        {
            var number = BinaryPrimitives.ReadInt64LittleEndian(key.Span);
            if (context.Keys.Contains(HashOf(number)))
            {
                _counts[number] = BinaryPrimitives.ReadInt64LittleEndian(value.Span);
            }
        }
    }

    public override ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
    {
        using var rows = batch;
        using var builder = new RecordBatchBuilder(Schema, _allocator);
        foreach (var key in batch.Column<Int64Array>("key").Values)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<Int64Builder>(1).Append(_counts[key] = _counts.GetValueOrDefault(key) + 1);
        }

        return output.EmitAsync(builder.Build(), cancellationToken);
    }

    public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
    {
        foreach (var (key, count) in _counts)
        {
            var (name, value) = (new byte[8], new byte[8]);
            BinaryPrimitives.WriteInt64LittleEndian(name, key);
            BinaryPrimitives.WriteInt64LittleEndian(value, count);
            _table!.Put(name, value);
        }

        return ValueTask.CompletedTask;
    }

    private static ulong HashOf(long key)
    {
        using var one = Rows.Of(1, key);
        Span<ulong> hash = [0];
        RowHash.Compute(one, [0], hash);
        return hash[0];
    }
}
