using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.State;

/// <summary>Rows of tables as tests write and read them: a key, a value, a time.</summary>
internal static class StateRows
{
    public static readonly ArrowSchema Schema = new(
        new ArrowField("key", ArrowType.Int64),
        new ArrowField("value", ArrowType.Utf8),
        new ArrowField("_timestamp", ArrowType.Timestamp(TimeUnit.Microsecond), isNullable: false));

    public static readonly ArrowSchema KeyedSchema = new(
        new ArrowField("key", ArrowType.Int64), new ArrowField("value", ArrowType.Utf8), new ArrowField(RowTableOptions.DeletedColumn, ArrowType.Boolean));

    public static RowTableOptions Timed(TimeSpan? retention = null) =>
        new() { Kind = TableKind.Timed, Schema = Schema, KeyColumns = [0], TimeColumn = 2, Retention = retention };

    public static RowTableOptions Keyed() => new() { Kind = TableKind.Keyed, Schema = KeyedSchema, KeyColumns = [0] };

    public static RecordBatch Batch(params (long Key, string Value, long Time)[] rows)
    {
        using var builder = new RecordBatchBuilder(Schema);
        foreach (var (key, value, time) in rows)
        {
            builder.Column<Int64Builder>(0).Append(key);
            builder.Column<Utf8Builder>(1).Append(value);
            builder.Column<TimestampBuilder>(2).Append(time);
        }

        return builder.Build();
    }

    public static RecordBatch KeyedBatch(params (long Key, string? Value)[] rows)
    {
        using var builder = new RecordBatchBuilder(KeyedSchema);
        foreach (var (key, value) in rows)
        {
            builder.AppendRow(key, value, value is null);
        }

        return builder.Build();
    }

    /// <summary>The hash of a key as files and edges know it.</summary>
    public static ulong HashOf(long key)
    {
        using var batch = Batch((key, "", 0));
        var hashes = new ulong[1];
        RowHash.Compute(batch, [0], hashes);
        return hashes[0];
    }

    /// <summary>Rows as text, "key=value", in the order in which they came back.</summary>
    public static async Task<List<string>> ReadAsync(IRowTable table)
    {
        var rows = new List<string>();
        await foreach (var batch in table.RestoreAsync(TestContext.Current.CancellationToken))
        {
            using (batch)
            {
                var (keys, values) = (batch.Column<Int64Array>(0), batch.Column<StringArray>(1));
                for (var i = 0; i < batch.RowCount; i++)
                {
                    rows.Add($"{keys.Values[i]}={values.GetString(i) ?? "gone"}");
                }
            }
        }

        return rows;
    }

    public static async Task<SubtaskState> WriteAsync(this ISubtaskState state, long epoch, long? watermarkMicros = null, string commit = "")
    {
        await using var snapshot = state.Freeze(epoch, watermarkMicros, Encoding.UTF8.GetBytes(commit));
        return await snapshot.WriteAsync(TestContext.Current.CancellationToken);
    }

    public static void Put(this IGlobalTable table, string key, string value) => table.Put(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));

    public static bool Remove(this IGlobalTable table, string key) => table.Remove(Encoding.UTF8.GetBytes(key));

    public static string? Get(this IGlobalTable table, string key) =>
        table.TryGet(Encoding.UTF8.GetBytes(key), out var value) ? Encoding.UTF8.GetString(value.Span) : null;
}
