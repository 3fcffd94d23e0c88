using OrleansFlow.Arrow;

namespace OrleansFlow.Flight.Sql;

/// <summary>What a server says of itself in answer to CommandGetSqlInfo: values by their number. Not thread-safe while it is filled.</summary>
public sealed class FlightSqlInfo
{
    /// <summary>Name of the server; text.</summary>
    public const uint ServerName = 0;

    /// <summary>Version of the server; text.</summary>
    public const uint ServerVersion = 1;

    /// <summary>Version of Arrow; text.</summary>
    public const uint ServerArrowVersion = 2;

    /// <summary>Whether nothing can be changed; boolean.</summary>
    public const uint ServerReadOnly = 3;

    /// <summary>Whether statements of SQL are taken; boolean.</summary>
    public const uint ServerSql = 4;

    /// <summary>Whether Substrait plans are taken; boolean.</summary>
    public const uint ServerSubstrait = 5;

    /// <summary>Kind of transactions; a number, 0 for none.</summary>
    public const uint ServerTransaction = 8;

    /// <summary>Whether a query can be cancelled; boolean.</summary>
    public const uint ServerCancel = 9;

    /// <summary>Whether CommandStatementIngest is taken; boolean.</summary>
    public const uint ServerBulkIngestion = 10;

    /// <summary>Whether an ingestion can be part of a transaction; boolean.</summary>
    public const uint ServerIngestTransactions = 11;

    /// <summary>Longest time of a statement in milliseconds; a number.</summary>
    public const uint ServerStatementTimeout = 100;

    /// <summary>How names that are not quoted compare; a number, 1 for without case.</summary>
    public const uint IdentifierCase = 503;

    /// <summary>What quotes a name; text.</summary>
    public const uint IdentifierQuoteChar = 504;

    /// <summary>How quoted names compare; as <see cref="IdentifierCase"/>.</summary>
    public const uint QuotedIdentifierCase = 505;

    /// <summary>Whether every listed table can be read; boolean.</summary>
    public const uint AllTablesAreSelectable = 506;

    /// <summary>Where nulls are sorted; a number, 3 for the end.</summary>
    public const uint NullOrdering = 507;

    /// <summary>The word for a catalog; text.</summary>
    public const uint CatalogTerm = 531;

    /// <summary>The word for a schema; text.</summary>
    public const uint SchemaTerm = 529;

    /// <summary>Whether the catalog stands first in a name; boolean.</summary>
    public const uint CatalogAtStart = 532;

    /// <summary>Whether there are transactions; boolean.</summary>
    public const uint TransactionsSupported = 563;

    private const int TextChild = 0;
    private const int BooleanChild = 1;
    private const int NumberChild = 2;

    private readonly SortedDictionary<uint, object> _values = [];

    /// <summary>Sets a text.</summary>
    public FlightSqlInfo Set(uint number, string value) => SetValue(number, value);

    /// <summary>Sets a boolean.</summary>
    public FlightSqlInfo Set(uint number, bool value) => SetValue(number, value);

    /// <summary>Sets a number.</summary>
    public FlightSqlInfo Set(uint number, long value) => SetValue(number, value);

    /// <summary>The values that are asked for, in the order of their numbers; of numbers that are not known there is no row.</summary>
    /// <param name="numbers">Empty: all.</param>
    public RecordBatch ToBatch(IReadOnlyCollection<uint> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        using var builder = new RecordBatchBuilder(FlightSqlSchemas.SqlInfo);
        var names = builder.Column<UInt32Builder>(0);
        var values = builder.Column<UnionBuilder>(1);
        foreach (var (number, value) in _values.Where(pair => numbers.Count == 0 || numbers.Contains(pair.Key)))
        {
            names.Append(number);
            var child = value switch { string => TextChild, bool => BooleanChild, _ => NumberChild };
            values.Child(child).AppendObject(value);
            values.CloseValue(child);
        }

        return builder.Build();
    }

    private FlightSqlInfo SetValue(uint number, object value)
    {
        _values[number] = value;
        return this;
    }
}
