using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Flight.Sql;
using OrleansFlow.Flight.Sql.Protos;
using OrleansFlow.Silo.Gateway.Queries;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Flight SQL: what a command's rows are, where they are fetched, and the fetching.</summary>
internal sealed class SqlFlights(ISqlExecutor executor, SqlMetadata metadata, SqlTickets tickets, PreparedStatements prepared, RunningQueries running, KeptResults kept)
{
    /// <summary>What there is to know about a command before its rows are fetched.</summary>
    public async Task<FlightInfo> GetInfoAsync(IMessage command, FlightDescriptor descriptor, CancellationToken cancellationToken)
    {
        var (schema, toRun, parameters) = await UnderstandAsync(command, cancellationToken);
        var ticket = tickets.New(FlightSqlCommand.Pack(toRun).Span, parameters);
        return new FlightInfo
        {
            Schema = schema,
            Descriptor = descriptor,
            Endpoints = [tickets.Endpoint(ticket)],
            IsOrdered = toRun is not CommandStatementQuery || executor.IsRepeatable,

            // The id by which its progress is asked for.
            AppMetadata = toRun is CommandStatementQuery ? Encoding.UTF8.GetBytes(ticket.Id) : default(ReadOnlyMemory<byte>),
        };
    }

    /// <summary>The columns of a command's rows.</summary>
    /// <exception cref="FlowException"><c>bad_input</c>: they depend on parameters that are not bound.</exception>
    public async Task<ArrowSchema> GetSchemaAsync(IMessage command, CancellationToken cancellationToken) =>
        (await UnderstandAsync(command, cancellationToken)).Schema
        ?? throw new FlowException(FlowErrorCode.BadInput, "The columns of this statement depend on its parameters, or there are none. Run it to see them.");

    /// <summary>The rows behind a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="caller">Whose call it is.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<FlightStream> OpenAsync(SqlTicket ticket, SqlCaller caller, CancellationToken cancellationToken)
    {
        var command = FlightSqlCommand.TryUnpack(ticket.Command);
        if (command is not CommandStatementQuery query)
        {
            return new FlightStream(SqlMetadata.TrySchema(command!)!, OneAsync(await metadata.AnswerAsync(command!, cancellationToken)));
        }

        var registration = running.Enter(ticket.Id, cancellationToken);
        try
        {
            var parameters = SqlParameters.ReadSingle(ticket.Parameters);
            async Task<FlightStream> RunAsync() => await executor.QueryAsync(query.Query, parameters, null, caller with { QueryId = ticket.Id }, registration.Token);
            var stream = await CancellableAsync(registration, async () => caller.Keeps ? await kept.KeepAsync(ticket.Id, caller, RunAsync, registration.Token) : await RunAsync());
            return new FlightStream(stream.Schema, ReadAsync(stream, registration, cancellationToken)) { Owner = new Both(stream, registration) };
        }
        catch
        {
            registration.Dispose();
            throw;
        }
    }

    /// <summary>Text of a statement outside of transactions.</summary>
    /// <exception cref="FlowException"><c>unsupported</c>: a transaction is named; <c>bad_input</c>: there is no text.</exception>
    public static string Text(string query, bool inTransaction)
    {
        if (inTransaction)
        {
            throw NoTransactions();
        }

        return string.IsNullOrWhiteSpace(query) ? throw new FlowException(FlowErrorCode.BadInput, "The command holds no statement.") : query;
    }

    public static FlowException NoTransactions() => new(
        FlowErrorCode.Unsupported, "There are no transactions here: each statement takes effect by itself, whole or not at all. Run it without one (autocommit).");

    private async Task<(ArrowSchema? Schema, IMessage ToRun, byte[] Parameters)> UnderstandAsync(IMessage command, CancellationToken cancellationToken)
    {
        if (SqlMetadata.TrySchema(command) is { } schema)
        {
            return (schema, command, []);
        }

        switch (command)
        {
            case CommandStatementQuery query:
                var text = Text(query.Query, query.HasTransactionId);
                return (Rows(await executor.DescribeAsync(text, cancellationToken)), new CommandStatementQuery { Query = text }, []);
            case CommandPreparedStatementQuery query:
                var known = prepared.Get(query.PreparedStatementHandle.ToStringUtf8());
                return (Rows(known.Shape), new CommandStatementQuery { Query = known.Query }, known.Parameters);
            default:
                throw new FlowException(FlowErrorCode.Unsupported, $"{command.Descriptor.Name} gives no rows, or is not offered here.");
        }
    }

    private static ArrowSchema? Rows(StatementShape shape) => shape.Kind is StatementKind.Select or StatementKind.Explain
        ? shape.Result
        : throw new FlowException(FlowErrorCode.BadInput, "This statement gives no rows; run it as an update (CommandStatementUpdate, DoPut).");

    private static async Task<TResult> CancellableAsync<TResult>(RunningQueries.Registration registration, Func<Task<TResult>> stepAsync)
    {
        try
        {
            return await stepAsync();
        }
        catch (OperationCanceledException exception) when (registration.IsCancelled)
        {
            throw new FlowException(FlowErrorCode.Cancelled, "The query was cancelled by its ticket.", exception);
        }
    }

    private static async IAsyncEnumerable<FlightBatch> ReadAsync(
        FlightStream stream, RunningQueries.Registration registration, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(registration.Token, cancellationToken);
        await using var batches = stream.Batches.GetAsyncEnumerator(either.Token);
        while (await CancellableAsync(registration, async () => await batches.MoveNextAsync()))
        {
            yield return batches.Current;
        }
    }

    private static async IAsyncEnumerable<RecordBatch> OneAsync(RecordBatch batch)
    {
        await Task.CompletedTask;
        yield return batch;
    }

    /// <summary>The end of a stream and of its registration.</summary>
    private sealed class Both(FlightStream stream, RunningQueries.Registration registration) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            registration.Dispose();
        }
    }
}
