using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Tasks;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>What to do when a table is there already.</summary>
internal enum IfExists
{
    Fail,
    Append,
    Replace,
}

/// <summary>Registers tables and adds to them: (1) the rows become a file, (2) a manifest names it, (3) one catalog write makes it count.</summary>
internal sealed class TableWrites(IGrainFactory grains, DatasetStore store)
{
    // Writers of one table meet in step 3 only; each meeting costs one of them a manifest.
    private const int PublishAttemptsMax = 20;

    private ICatalogGrain Catalog => grains.GetGrain<ICatalogGrain>(ICatalogGrain.DefaultNamespace);

    /// <summary>Takes rows; they are durable and seen by every statement that begins after it returns. On any failure nothing is kept.</summary>
    /// <returns>Rows taken.</returns>
    /// <exception cref="FlowException"><c>already_exists</c>; <c>not_found</c>; <c>bad_input</c>: bad name, no columns, or other columns than the table's; <c>limit_exceeded</c>.</exception>
    public async Task<long> WriteAsync(
        string table, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, bool create, IfExists ifExists, CancellationToken cancellationToken)
    {
        Check(table, schema);
        Check(table, schema, await FindAsync(table, cancellationToken), create, ifExists);

        // 1.
        var file = await store.WriteAsync(table.ToLowerInvariant(), schema, batches, cancellationToken);
        return await PublishAsync(table, schema, [file], create, ifExists, cancellationToken);
    }

    /// <summary>Makes files count that are durable already: steps 2 and 3. Files of a refused publication are removed.</summary>
    /// <returns>Rows of the files.</returns>
    /// <exception cref="FlowException">As <see cref="WriteAsync"/>.</exception>
    public async Task<long> PublishAsync(
        string table, ArrowSchema schema, IReadOnlyList<DatasetFile> files, bool create, IfExists ifExists, CancellationToken cancellationToken)
    {
        try
        {
            await PublishInTurnAsync(table, schema, files, create, ifExists, cancellationToken);
            return files.Sum(file => file.Rows);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not TimeoutException
            && exception is not FlowException { Code: FlowErrorCode.StoreUnavailable })
        {
            // They were refused, so nobody refers to them. After the others they may have been published, and then they must stay.
            foreach (var file in files)
            {
                store.Delete(file.Name);
            }

            throw;
        }
    }

    /// <summary>Gives a name to a query or to files.</summary>
    /// <param name="change">The name, and what is to be done when there is one.</param>
    /// <param name="schema">Columns.</param>
    /// <param name="definition">The query.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="FlowException"><c>already_exists</c>; <c>bad_input</c>: bad name or no columns; <c>limit_exceeded</c>.</exception>
    public async Task DefineAsync(SqlChange change, ArrowSchema schema, string definition, CancellationToken cancellationToken)
    {
        Check(change.Target, schema);
        for (var attempt = 0; attempt < PublishAttemptsMax; attempt++)
        {
            var known = await FindAsync(change.Target, cancellationToken);
            if (known is not null && !change.Replaces)
            {
                if (change.IsLenient)
                {
                    return;
                }

                throw new FlowException(FlowErrorCode.AlreadyExists, $"There is a {NounOf(known)} '{known.Name}' already. Drop it first, choose another name, or write CREATE OR REPLACE.");
            }

            if (known is { Definition: null })
            {
                throw new FlowException(FlowErrorCode.AlreadyExists, $"'{known.Name}' is a dataset with rows of its own; drop it before the name is given to something else.");
            }

            var defined = new CatalogTable
            {
                Name = change.Target,
                Schema = FlightWire.WriteSchema(schema).ToArray(),
                Manifest = "",
                Rows = 0,
                Bytes = 0,
                Kind = change.IsView ? CatalogTableKind.View : CatalogTableKind.Files,
                Definition = definition,
            };
            if ((await Catalog.PublishAsync(defined, known?.Version ?? 0, cancellationToken)).Accepted)
            {
                return;
            }
        }

        throw ChangedByOthers(change.Target);
    }

    /// <summary>Removes a table.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it is a view, or is not.</exception>
    public async Task DropAsync(SqlChange change, CancellationToken cancellationToken)
    {
        var known = await FindAsync(change.Target, cancellationToken);
        if (known is not null && (known.Kind == CatalogTableKind.View) != change.IsView)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"'{known.Name}' is a {NounOf(known)}; write DROP {(change.IsView ? "TABLE" : "VIEW")} {known.Name}.");
        }

        if (known is null || !await Catalog.DropAsync(known.Name, known.Version, cancellationToken))
        {
            if (!change.IsLenient)
            {
                throw new FlowException(FlowErrorCode.NotFound, $"There is no {(change.IsView ? "view" : "table")} '{change.Target}'.");
            }
        }
    }

    /// <summary>Refuses to change rows that are not the cluster's own.</summary>
    /// <exception cref="FlowException"><c>unsupported</c>.</exception>
    public static void ThrowIfDefined(string table, CatalogTableKind kind)
    {
        if (kind != CatalogTableKind.Dataset)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported,
                kind == CatalogTableKind.View
                    ? $"'{table}' is a view: its rows are those of its query and cannot be changed. Change the tables that it reads, or make a table of it: CREATE TABLE name AS SELECT * FROM {table}."
                    : $"'{table}' names files, and statements do not change them. Write files with COPY, or make a table of it: CREATE TABLE name AS SELECT * FROM {table}.");
        }
    }

    private static string NounOf(CatalogTable table) => table.Kind == CatalogTableKind.View ? "view" : "table";

    private static FlowException ChangedByOthers(string table) =>
        new(FlowErrorCode.LimitExceeded, $"Table '{table}' was changed by others {PublishAttemptsMax} times while this change was to be published. Try again.");

    public async Task<CatalogTable?> FindAsync(string table, CancellationToken cancellationToken) =>
        (await Catalog.FindAsync([table], cancellationToken)) is [var known] ? known : null;

    /// <summary>Whether there can be such a table.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: bad name or no columns.</exception>
    public static void Check(string table, ArrowSchema schema)
    {
        if (!IdText.IsValid(table))
        {
            throw new FlowException(
                FlowErrorCode.BadInput, $"'{table}' cannot name a table: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', the first a letter or digit.");
        }

        if (schema.Fields.Count == 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table}' would have no columns; send a schema with at least one.");
        }
    }

    private static void Check(string table, ArrowSchema schema, CatalogTable? known, bool create, IfExists ifExists)
    {
        if (known is null && !create)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no table '{table}', and the upload does not ask for making one.");
        }

        if (known is not null && ifExists == IfExists.Fail)
        {
            throw new FlowException(FlowErrorCode.AlreadyExists, $"There is a table '{table}' already. Append to it, replace it, or choose another name.");
        }

        if (known is not null)
        {
            ThrowIfDefined(known.Name, known.Kind);
        }

        if (known is not null && ifExists == IfExists.Append && FlightWire.ReadSchema(known.Schema) is var columns && !columns.Equals(schema))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table}' has the columns ({columns}), the upload has ({schema}). Send the table's columns.");
        }
    }

    private async Task PublishInTurnAsync(string table, ArrowSchema schema, IReadOnlyList<DatasetFile> files, bool create, IfExists ifExists, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < PublishAttemptsMax; attempt++)
        {
            var known = await FindAsync(table, cancellationToken);
            Check(table, schema, known, create, ifExists);
            var before = known is not null && ifExists == IfExists.Append ? known : null;

            // 2.
            var manifest = store.WriteManifest(table.ToLowerInvariant(), [.. before is null ? [] : store.ReadManifest(before.Manifest), .. files]);

            // 3.
            var published = new CatalogTable
            {
                Name = table,
                Schema = FlightWire.WriteSchema(schema).ToArray(),
                Manifest = manifest,
                Rows = (before?.Rows ?? 0) + files.Sum(file => file.Rows),
                Bytes = (before?.Bytes ?? 0) + files.Sum(file => file.Bytes),
            };
            if ((await Catalog.PublishAsync(published, known?.Version ?? 0, cancellationToken)).Accepted)
            {
                return;
            }

            store.Delete(manifest);
        }

        throw ChangedByOthers(table);
    }
}
