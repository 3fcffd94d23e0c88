using Google.Protobuf;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Catalogs;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql.Protos;
using ExistsOption = OrleansFlow.Flight.Sql.Protos.CommandStatementIngest.Types.TableDefinitionOptions.Types.TableExistsOption;
using NotExistOption = OrleansFlow.Flight.Sql.Protos.CommandStatementIngest.Types.TableDefinitionOptions.Types.TableNotExistOption;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Flight SQL's DoPut: updates, values for prepared statements, and uploads into tables.</summary>
internal sealed class SqlUploads(ISqlExecutor executor, PreparedStatements prepared, TableWrites writes, IOptions<SqlGatewayOptions> options)
{
    /// <summary>Does what a command with data says.</summary>
    /// <returns>What the protocol wants as application metadata of the answer.</returns>
    public async Task<ReadOnlyMemory<byte>> PutAsync(IMessage command, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case CommandStatementUpdate update:
                var text = SqlFlights.Text(update.Query, update.HasTransactionId);
                return Count(await executor.UpdateAsync(text, [[]], cancellationToken));

            case CommandPreparedStatementUpdate update:
                var known = prepared.Get(update.PreparedStatementHandle.ToStringUtf8());
                var sent = await SqlParameters.CollectAsync(schema, batches, options.Value.ParameterBytesMax, cancellationToken);
                var rows = SqlParameters.Read(sent.Length > 0 ? sent : known.Parameters);
                return Count(await executor.UpdateAsync(known.Query, rows.Count == 0 ? [[]] : rows, cancellationToken));

            case CommandPreparedStatementQuery query:
                var handle = query.PreparedStatementHandle.ToStringUtf8();
                prepared.Bind(handle, await SqlParameters.CollectAsync(schema, batches, options.Value.ParameterBytesMax, cancellationToken));
                return new DoPutPreparedStatementResult { PreparedStatementHandle = query.PreparedStatementHandle }.ToByteArray();

            case CommandStatementIngest ingest:
                return Count(await IngestAsync(ingest, schema, batches, cancellationToken));

            default:
                throw new FlowException(FlowErrorCode.Unsupported, $"{command.Descriptor.Name} takes no data, or is not offered here.");
        }
    }

    private static byte[] Count(long rows) => new DoPutUpdateResult { RecordCount = rows }.ToByteArray();

    private Task<long> IngestAsync(CommandStatementIngest ingest, ArrowSchema schema, IAsyncEnumerable<FlightBatch> batches, CancellationToken cancellationToken)
    {
        if (ingest.HasTransactionId)
        {
            throw SqlFlights.NoTransactions();
        }

        var isElsewhere = (ingest.HasCatalog && ingest.Catalog.Length > 0 && ingest.Catalog != SqlTableName.Registered)
            || (ingest.HasSchema && ingest.Schema.Length > 0 && ingest.Schema != ICatalogGrain.DefaultNamespace);
        if (ingest.Temporary || isElsewhere)
        {
            throw new FlowException(
                FlowErrorCode.Unsupported, $"Tables are made in {SqlTableName.Registered}.{ICatalogGrain.DefaultNamespace} only, and none is temporary; leave catalog, schema and temporary out.");
        }

        var definition = ingest.TableDefinitionOptions;
        return writes.WriteAsync(
            ingest.Table,
            schema,
            batches,
            create: definition?.IfNotExist != NotExistOption.Fail,
            definition?.IfExists switch { ExistsOption.Append => IfExists.Append, ExistsOption.Replace => IfExists.Replace, _ => IfExists.Fail },
            cancellationToken);
    }
}
