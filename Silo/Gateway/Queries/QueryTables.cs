using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansFlow.Engine;
using OrleansFlow.Queries;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>Tables of a query as workers read them: datasets, outputs of runs and live streams.</summary>
internal sealed class QueryTables(DatasetStore store, QueryPlanner planner, SignedText signed, IOptions<SqlGatewayOptions> options)
{
    // No registered table has such a name by accident.
    private const string NamePrefix = "orleansflow_part_";

    /// <summary>Describes tables.</summary>
    /// <param name="tables">As the catalog gave them; views among them are passed over.</param>
    /// <param name="bytesMin">Fewer bytes of all together are not worth it.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>The tables; or null and why not: one cannot be read by workers, or all of them are small.</returns>
    public async Task<(DescribedTables? Tables, string? WhyNot)> TryDescribeAsync(IReadOnlyList<SqlTable> tables, long bytesMin, CancellationToken cancellationToken)
    {
        var manifests = tables.Where(table => table.Manifest is not null).ToDictionary(table => table, table => store.ReadManifest(table.Manifest!));
        var bytes = manifests.Values.Sum(files => files.Sum(file => file.Bytes)) + tables.Sum(table => table.Batches?.Sum(batch => batch.Bytes) ?? table.Kept?.Bytes ?? 0);
        if (tables.FirstOrDefault(table => table is { Manifest: null, Definition: null, Batches: null, Kept: null } and not { Attached.IsOnWorkers: true }) is { } other)
        {
            return (null, other.Name.IsAttached
                ? $"'{other.Name}' is not on all workers; when they can read it too, say so: {SqlGatewayOptions.SectionName}:{nameof(SqlGatewayOptions.Databases)}:{other.Name.Catalog}:{nameof(AttachedDatabaseOptions.OnWorkers)} = true"
                : $"'{other.Name.Schema}.{other.Name.Table}' is not on all workers");
        }

        if (bytes < bytesMin && tables.All(table => table.Attached is null))
        {
            return (null, string.Create(
                CultureInfo.InvariantCulture,
                $"its tables have {bytes} bytes together; from {bytesMin} on it would run in several tasks ({DistributedQueryOptions.SectionName}:{nameof(DistributedQueryOptions.BytesPerTask)})"));
        }

        var described = new List<IDescribedTable>(tables.Count);
        var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            foreach (var table in tables.Where(table => table.Definition is null))
            {
                var emptyQuery = await planner.EmptyQueryAsync(table.Schema, cancellationToken);
                var name = $"{NamePrefix}{described.Count}";
                if (manifests.TryGetValue(table, out var files))
                {
                    described.Add(new DatasetTable(table.Name.Table, table.Schema, emptyQuery, files, signed, options.Value.TimeLimit));
                    continue;
                }

                names.Add(table.Name.ToString(), name);
                if (table.Attached is { } attached)
                {
                    if (table.Name.Schema == SqlTableName.AttachedSchema)
                    {
                        // "name.table": the text has a schema of that name, as far as anyone can see.
                        names.Add($"{SqlTableName.Registered}.{table.Name.Catalog}.{table.Name.Table}", name);
                    }

                    described.Add(await attached.DescribeAsync(name, emptyQuery, cancellationToken));
                    continue;
                }

                described.Add(table.Batches is { } batches ? new RunTable(name, table.Name, emptyQuery, batches, Sign) : new StreamTable(name, emptyQuery, table.Kept!, Sign));
            }
        }
        catch (EngineException)
        {
            // The local engine says which column it is, if the query reads it.
            return (null, "a column of its tables has a type that the engine does not have");
        }

        var views = tables.Where(table => table.Definition is not null).ToDictionary(table => table.Name.Table, table => table.Definition!, StringComparer.OrdinalIgnoreCase);
        return (new DescribedTables(described, views, names), null);
    }

    private string Sign(string subject) => signed.Make(SignedText.TicketKind, subject, options.Value.TimeLimit).Text;
}

/// <summary>The tables that a query may name.</summary>
/// <param name="Tables">Those with rows.</param>
/// <param name="Views">The queries of views, by their names.</param>
/// <param name="Names">Names in plans of tables that are not registered ones, by their full names.</param>
internal sealed record DescribedTables(IReadOnlyList<IDescribedTable> Tables, IReadOnlyDictionary<string, string> Views, IReadOnlyDictionary<string, string> Names)
{
    /// <summary>Whether the text has to be written anew before it is planned.</summary>
    public bool ChangesText => Views.Count + Names.Count > 0;
}
