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
        try
        {
            await PublishAsync(table, schema, file, create, ifExists, cancellationToken);
            return file.Rows;
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not TimeoutException
            && exception is not FlowException { Code: FlowErrorCode.StoreUnavailable })
        {
            // It was refused, so nobody refers to it. After the others it may have been published, and then it must stay.
            store.Delete(file.Name);
            throw;
        }
    }

    /// <summary>Removes a table.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task DropAsync(string table, CancellationToken cancellationToken)
    {
        var known = await FindAsync(table, cancellationToken);
        if (known is null || !await Catalog.DropAsync(known.Name, known.Version, cancellationToken))
        {
            throw new FlowException(FlowErrorCode.NotFound, $"There is no table '{table}'.");
        }
    }

    public async Task<CatalogTable?> FindAsync(string table, CancellationToken cancellationToken) =>
        (await Catalog.FindAsync([table], cancellationToken)) is [var known] ? known : null;

    private static void Check(string table, ArrowSchema schema)
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

        if (known is not null && ifExists == IfExists.Append && FlightWire.ReadSchema(known.Schema) is var columns && !columns.Equals(schema))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Table '{table}' has the columns ({columns}), the upload has ({schema}). Send the table's columns.");
        }
    }

    private async Task PublishAsync(string table, ArrowSchema schema, DatasetFile file, bool create, IfExists ifExists, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < PublishAttemptsMax; attempt++)
        {
            var known = await FindAsync(table, cancellationToken);
            Check(table, schema, known, create, ifExists);
            var before = known is not null && ifExists == IfExists.Append ? known : null;

            // 2.
            var manifest = store.WriteManifest(table.ToLowerInvariant(), [.. before is null ? [] : store.ReadManifest(before.Manifest), file]);

            // 3.
            var published = new CatalogTable
            {
                Name = table,
                Schema = FlightWire.WriteSchema(schema).ToArray(),
                Manifest = manifest,
                Rows = (before?.Rows ?? 0) + file.Rows,
                Bytes = (before?.Bytes ?? 0) + file.Bytes,
            };
            if ((await Catalog.PublishAsync(published, known?.Version ?? 0, cancellationToken)).Accepted)
            {
                return;
            }

            store.Delete(manifest);
        }

        throw new FlowException(FlowErrorCode.LimitExceeded, $"Table '{table}' was changed by others {PublishAttemptsMax} times while this upload was to be published. Try again.");
    }
}
