using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>An entry of a global table in a file.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value; null where it was removed.</param>
/// <param name="Epoch">The checkpoint that it was put before: of several entries of one key the latest counts.</param>
/// <param name="Hash">Hash of the key, which decides what subtask keeps the entry when nobody puts it again.</param>
internal readonly record struct StoredEntry(byte[] Key, byte[]? Value, long Epoch, ulong Hash);

/// <summary>Files of global tables.</summary>
internal static class GlobalFiles
{
    private const int BatchRows = 4 * 1024;
    private const int BatchBytes = 1024 * 1024;

    private static readonly ArrowSchema Schema = new(
        new ArrowField("_key", ArrowType.Binary, isNullable: false),
        new ArrowField("_value", ArrowType.Binary),
        new ArrowField("_epoch", ArrowType.Int64, isNullable: false));

    /// <summary>Writes a file of at least one entry.</summary>
    public static async ValueTask<TableFile> WriteAsync(ITableFiles store, string path, long epoch, IReadOnlyList<StoredEntry> entries, CancellationToken cancellationToken)
    {
        await using var file = await store.CreateAsync(path, Schema, cancellationToken);
        using var builder = new RecordBatchBuilder(Schema, ArrowAllocator.Pooled);
        var (keys, values, epochs) = (builder.Column<BinaryBuilder>(0), builder.Column<BinaryBuilder>(1), builder.Column<Int64Builder>(2));
        foreach (var entry in entries)
        {
            keys.Append(entry.Key);
            if (entry.Value is { } value)
            {
                values.Append(value);
            }
            else
            {
                values.AppendNull();
            }

            epochs.Append(entry.Epoch);
            if (builder.RowCount >= BatchRows || keys.ByteCount + values.ByteCount >= BatchBytes)
            {
                using var batch = builder.Build();
                await file.WriteAsync(batch, cancellationToken);
            }
        }

        if (builder.RowCount > 0)
        {
            using var batch = builder.Build();
            await file.WriteAsync(batch, cancellationToken);
        }

        var bytes = await file.CompleteAsync(cancellationToken);

        // Every subtask reads it, whatever its keys.
        return new TableFile { Path = path, Epoch = epoch, MinHash = 0, MaxHash = ulong.MaxValue, Rows = entries.Count, Bytes = (ulong)bytes };
    }

    /// <summary>The entries of a file.</summary>
    public static async IAsyncEnumerable<StoredEntry> ReadAsync(ITableFiles store, TableFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var stored in store.ReadAsync(file, cancellationToken))
        {
            using var batch = stored;
            if (!batch.Schema.Equals(Schema))
            {
                throw new FlowException(FlowErrorCode.StateCorrupt, $"File '{file.Path}' has the columns ({batch.Schema}); one of a global table has ({Schema}).");
            }

            var hashes = new ulong[batch.RowCount];
            RowHash.Compute(batch, [0], hashes);
            var (keys, values, epochs) = (batch.Column<BinaryArray>(0), batch.Column<BinaryArray>(1), batch.Column<Int64Array>(2));
            for (var i = 0; i < batch.RowCount; i++)
            {
                yield return new StoredEntry(keys.GetBytes(i).ToArray(), values.IsValid(i) ? values.GetBytes(i).ToArray() : null, epochs.Values[i], hashes[i]);
            }
        }
    }
}
