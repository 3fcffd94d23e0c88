using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Connectors.Postgres;

/// <summary>What is known of a row besides its columns.</summary>
/// <param name="Lsn">Where the commit is in the log; of a row that was there at the start, where the log went on from.</param>
/// <param name="TransactionId">Number of the transaction; null: it was there at the start.</param>
/// <param name="TimeMicros">When it was committed, or read.</param>
internal readonly record struct PostgresOrigin(ulong Lsn, uint? TransactionId, long TimeMicros)
{
    private const int HighBits = 32;
    private const long MicrosPerMilli = 1_000;

    /// <summary>Appends what a key says.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">As a text has it.</param>
    /// <param name="column">Where it goes.</param>
    public void Append(string table, string key, ArrowArrayBuilder column)
    {
        switch (key, column)
        {
            case ("lsn", Utf8Builder text):
                text.Append(string.Create(CultureInfo.InvariantCulture, $"{Lsn >> HighBits:X}/{(uint)Lsn:X}"));
                break;
            case ("lsn", Int64Builder number):
                number.Append((long)Lsn);
                break;
            case ("xid", Int64Builder number) when TransactionId is { } id:
                number.Append(id);
                break;
            case ("commit_time", TimestampBuilder time):
                time.Append(TimeMicros);
                break;
            case ("commit_time", Int64Builder number):
                number.Append(TimeMicros / MicrosPerMilli);
                break;
            case ("table", Utf8Builder text):
                text.Append(table);
                break;
            case ("op", Utf8Builder text):
                text.Append(TransactionId is null ? "r" : "c");
                break;
            default:
                column.AppendNull();
                break;
        }
    }

    /// <summary>Looks whether there is such a key of such a type.</summary>
    /// <exception cref="FlowException">There is not (<see cref="FlowErrorCode.BadGraph"/>).</exception>
    public static void Check(string table, string key, ArrowType type)
    {
        var isKnown = (key, type) switch
        {
            ("lsn" or "table" or "op", StringType { IsLarge: false }) => true,
            ("lsn" or "xid" or "commit_time", IntegerType { FixedBitWidth: 64, IsSigned: true }) => true,
            ("commit_time", TimestampType { Unit: TimeUnit.Microsecond }) => true,
            _ => false,
        };
        if (!isKnown)
        {
            throw new FlowException(FlowErrorCode.BadGraph, $"The source of table {table} does not give '{key}' as {type.Name}.");
        }
    }
}
