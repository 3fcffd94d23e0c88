using System.Text.RegularExpressions;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Gateway.SystemTables;
using OrleansFlow.Silo.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Answers the commands of Flight SQL that ask about the server and its catalogs.</summary>
internal sealed class SqlMetadata(SqlCatalog catalog, IOptions<SqlGatewayOptions> options)
{
    private const string TableType = "TABLE";
    private const string ViewType = "VIEW";
    private const string OutputType = "RUN OUTPUT";
    private const string StreamType = "STREAM";
    private const string SystemType = "SYSTEM TABLE";

    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    /// <summary>The columns of an answer; null when the command asks for something else.</summary>
    public static ArrowSchema? TrySchema(IMessage command) => command switch
    {
        CommandGetSqlInfo => FlightSqlSchemas.SqlInfo,
        CommandGetXdbcTypeInfo => FlightSqlSchemas.XdbcTypeInfo,
        CommandGetCatalogs => FlightSqlSchemas.Catalogs,
        CommandGetDbSchemas => FlightSqlSchemas.DbSchemas,
        CommandGetTables tables => tables.IncludeSchema ? FlightSqlSchemas.TablesWithSchema : FlightSqlSchemas.Tables,
        CommandGetTableTypes => FlightSqlSchemas.TableTypes,
        CommandGetPrimaryKeys => FlightSqlSchemas.PrimaryKeys,
        CommandGetExportedKeys or CommandGetImportedKeys or CommandGetCrossReference => FlightSqlSchemas.ForeignKeys,
        _ => null,
    };

    /// <summary>The answer, in one batch.</summary>
    public async Task<RecordBatch> AnswerAsync(IMessage command, CancellationToken cancellationToken) => command switch
    {
        CommandGetSqlInfo info => Info().ToBatch(info.Info),
        CommandGetXdbcTypeInfo types => XdbcTypes.ToBatch(types.HasDataType ? types.DataType : null),
        CommandGetCatalogs => Rows(FlightSqlSchemas.Catalogs, ((string[])[SqlTableName.Registered, SqlTableName.Runs, .. catalog.Databases]).Order(StringComparer.Ordinal).Select(name => (object?[])[name])),
        CommandGetDbSchemas schemas => Rows(FlightSqlSchemas.DbSchemas, await SchemasAsync(schemas, cancellationToken)),
        CommandGetTables tables => Rows(TrySchema(tables)!, await TablesAsync(tables, cancellationToken)),
        CommandGetTableTypes => Rows(FlightSqlSchemas.TableTypes, [[OutputType], [StreamType], [SystemType], [TableType], [ViewType]]),

        // Nothing here has keys.
        _ => Rows(TrySchema(command)!, []),
    };

    private static RecordBatch Rows(ArrowSchema schema, IEnumerable<object?[]> rows)
    {
        using var builder = new RecordBatchBuilder(schema);
        foreach (var row in rows)
        {
            builder.AppendRow(row);
        }

        return builder.Build();
    }

    private FlightSqlInfo Info() => new FlightSqlInfo()
        .Set(FlightSqlInfo.ServerName, "OrleansFlow")
        .Set(FlightSqlInfo.ServerVersion, GatewayIdentity.Version)
        .Set(FlightSqlInfo.ServerArrowVersion, "1.5")
        .Set(FlightSqlInfo.ServerReadOnly, false)
        .Set(FlightSqlInfo.ServerSql, true)
        .Set(FlightSqlInfo.ServerSubstrait, false)
        .Set(FlightSqlInfo.ServerTransaction, (long)0)
        .Set(FlightSqlInfo.ServerCancel, true)
        .Set(FlightSqlInfo.ServerBulkIngestion, true)
        .Set(FlightSqlInfo.ServerIngestTransactions, false)
        .Set(FlightSqlInfo.ServerStatementTimeout, (long)options.Value.TimeLimit.TotalMilliseconds)
        .Set(FlightSqlInfo.IdentifierCase, (long)1)
        .Set(FlightSqlInfo.IdentifierQuoteChar, "\"")
        .Set(FlightSqlInfo.QuotedIdentifierCase, (long)1)
        .Set(FlightSqlInfo.AllTablesAreSelectable, true)
        .Set(FlightSqlInfo.NullOrdering, (long)3)
        .Set(FlightSqlInfo.SchemaTerm, "schema")
        .Set(FlightSqlInfo.CatalogTerm, "catalog")
        .Set(FlightSqlInfo.CatalogAtStart, true)
        .Set(FlightSqlInfo.TransactionsSupported, false);

    private async Task<IEnumerable<object?[]>> SchemasAsync(CommandGetDbSchemas command, CancellationToken cancellationToken)
    {
        var matches = Pattern(command.HasDbSchemaFilterPattern ? command.DbSchemaFilterPattern : null);
        var names = new List<(string Catalog, string Schema)>();
        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Registered))
        {
            names.Add((SqlTableName.Registered, ICatalogGrain.DefaultNamespace));
            names.Add((SqlTableName.Registered, StreamLogs.Namespace));
            names.Add((SqlTableName.Registered, SystemNames.Schema));
        }

        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Runs))
        {
            names.AddRange((await catalog.ListRunsAsync(cancellationToken)).Select(table => (table.Name.Catalog, table.Name.Schema)).Distinct());
        }

        foreach (var database in catalog.Databases.Where(name => Wants(command.HasCatalog, command.Catalog, name)))
        {
            names.AddRange((await catalog.ListAttachedAsync(database, cancellationToken)).Select(table => (table.Name.Catalog, table.Name.Schema)).Distinct());
        }

        return names.Where(name => matches(name.Schema))
            .OrderBy(name => name.Catalog, StringComparer.Ordinal)
            .ThenBy(name => name.Schema, StringComparer.Ordinal)
            .Select(name => new object?[] { name.Catalog, name.Schema });
    }

    private async Task<IEnumerable<object?[]>> TablesAsync(CommandGetTables command, CancellationToken cancellationToken)
    {
        var ofSchema = Pattern(command.HasDbSchemaFilterPattern ? command.DbSchemaFilterPattern : null);
        var ofTable = Pattern(command.HasTableNameFilterPattern ? command.TableNameFilterPattern : null);
        var tables = new List<(SqlTable Table, string Type)>();
        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Registered) && (WantsType(TableType) || WantsType(ViewType)))
        {
            tables.AddRange((await catalog.ListRegisteredAsync(cancellationToken))
                .Select(table => (table, table.Kind == CatalogTableKind.View ? ViewType : TableType))
                .Where(found => WantsType(found.Item2)));
        }

        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Registered) && WantsType(StreamType))
        {
            tables.AddRange((await catalog.ListStreamsAsync(cancellationToken)).Select(table => (table, StreamType)));
        }

        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Registered) && WantsType(SystemType))
        {
            tables.AddRange(SystemTable.All.Select(table => (
                new SqlTable(new SqlTableName(SqlTableName.Registered, SystemNames.Schema, table.Name), table.Schema, 0, () => []), SystemType)));
        }

        if (Wants(command.HasCatalog, command.Catalog, SqlTableName.Runs) && WantsType(OutputType))
        {
            tables.AddRange((await catalog.ListRunsAsync(cancellationToken)).Select(table => (table, OutputType)));
        }

        foreach (var database in catalog.Databases.Where(name => WantsType(TableType) && Wants(command.HasCatalog, command.Catalog, name)))
        {
            tables.AddRange((await catalog.ListAttachedAsync(database, cancellationToken)).Select(table => (table, TableType)));
        }

        return tables.Where(found => ofSchema(found.Table.Name.Schema) && ofTable(found.Table.Name.Table))
            .OrderBy(found => found.Table.Name.Catalog, StringComparer.Ordinal)
            .ThenBy(found => found.Table.Name.Schema, StringComparer.Ordinal)
            .ThenBy(found => found.Table.Name.Table, StringComparer.Ordinal)
            .Select(found => (object?[])
            [
                found.Table.Name.Catalog,
                found.Table.Name.Schema,
                found.Table.Name.Table,
                found.Type,
                .. command.IncludeSchema ? (object?[])[FlightWire.WriteSchema(found.Table.Schema).ToArray()] : [],
            ]);

        bool WantsType(string type) => command.TableTypes.Count == 0 || command.TableTypes.Contains(type);
    }

    private static bool Wants(bool asked, string catalog, string name) => !asked || catalog.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>A pattern of LIKE: % for anything, _ for one character.</summary>
    private static Func<string, bool> Pattern(string? like)
    {
        if (like is null)
        {
            return _ => true;
        }

        var expression = string.Concat(like.Select(character => character switch { '%' => ".*", '_' => ".", _ => Regex.Escape(character.ToString()) }));
        var regex = new Regex($"^{expression}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking, PatternTime);
        return regex.IsMatch;
    }
}
