using Google.Protobuf;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries.Inputs;

namespace OrleansFlow.Worker.Queries;

/// <summary>The Flight side of a query worker: rows of tasks by ticket; plans, cancellation and reports by actions.</summary>
/// <param name="tasks">The tasks.</param>
/// <param name="authorization">Who may call.</param>
/// <param name="info">What the worker is, now.</param>
internal sealed class QueryFlightProducer(QueryTasks tasks, QueryAuthorization authorization, Func<WorkerInfo> info) : IFlightProducer
{
    public async Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        var request = QueryTickets.Read(ticket);
        var form = StreamForm.Read(context.RequestHeaders);
        var key = (request.WhatCase == TaskTicket.WhatOneofCase.Range ? request.Range.Key : request.Plan?.Key)
            ?? throw new FlowException(FlowErrorCode.BadInput, "The ticket names no task.");
        var token = authorization.Authorize(context.RequestHeaders, key.QueryId);
        return form.Apply(request.WhatCase == TaskTicket.WhatOneofCase.Range
            ? await tasks.OpenAsync(request.Range, context.CancellationToken)
            : await tasks.OpenAsync(QueryHeaders.Apply(request.Plan!, context.RequestHeaders), token, context.CancellationToken));
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context)
    {
        switch (action.Type)
        {
            case QueryActions.SetPlans:
                yield return await SetPlansAsync(QueryTickets.Read(SetPlansRequest.Parser, action.Body, action.Type), context);
                break;
            case QueryActions.Cancel:
                var cancel = QueryTickets.Read(CancelQueryRequest.Parser, action.Body, action.Type);
                authorization.Authorize(context.RequestHeaders, cancel.QueryId);
                yield return new CancelQueryResponse { TaskCount = await tasks.CancelAsync(cancel.QueryId, cancel.Reason) }.ToByteArray();
                break;
            case QueryActions.StopTasks:
                yield return await StopTasksAsync(QueryTickets.Read(StopTasksRequest.Parser, action.Body, action.Type), context);
                break;
            case QueryActions.Watch:
                var watch = QueryTickets.Read(WatchQueryRequest.Parser, action.Body, action.Type);
                authorization.Authorize(context.RequestHeaders, watch.QueryId);
                await foreach (var report in tasks.WatchAsync(watch.QueryId, context.CancellationToken))
                {
                    yield return report.ToByteArray();
                }

                break;
            case QueryActions.WorkerInfo:
                authorization.Authorize(context.RequestHeaders, queryId: null);
                yield return info().ToByteArray();
                break;
            default:
                throw new FlowException(FlowErrorCode.Unsupported, $"There is no action '{action.Type}' here; ListActions names those that there are.");
        }
    }

    public async IAsyncEnumerable<FlightActionType> ListActionsAsync(RpcServerContext context)
    {
        await Task.CompletedTask;
        foreach (var type in QueryActions.Types)
        {
            yield return type;
        }
    }

    private async Task<byte[]> StopTasksAsync(StopTasksRequest request, RpcServerContext context)
    {
        foreach (var queryId in request.Tasks.Select(key => key.QueryId).Distinct(StringComparer.Ordinal))
        {
            authorization.Authorize(context.RequestHeaders, queryId);
        }

        await tasks.StopAsync(request.Tasks, request.Reason);
        return new StopTasksResponse().ToByteArray();
    }

    private async Task<byte[]> SetPlansAsync(SetPlansRequest request, RpcServerContext context)
    {
        string? token = null;
        foreach (var queryId in request.Plans.Select(plan => plan.Key?.QueryId ?? "").Distinct(StringComparer.Ordinal))
        {
            token = authorization.Authorize(context.RequestHeaders, queryId);
        }

        SourceSpans.Resolve(request);
        await tasks.SetPlansAsync(request.Plans, token);
        return new SetPlansResponse().ToByteArray();
    }
}
