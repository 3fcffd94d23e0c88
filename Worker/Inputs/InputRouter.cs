using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Inputs;

/// <summary>Decides where an attempt's input comes from.</summary>
/// <remarks>
/// 1. The adapter that the graph names; one that this worker does not have fails the task for good, and what the handler proposes is not looked
/// at. 2. The adapter that the handler proposes, when this worker has it. 3. The handler's own reading. Arguments are checked before anything is read.
/// </remarks>
internal sealed partial class InputRouter(AdapterCatalog adapters, WorkerId workerId, ILogger logger)
{
    /// <summary>The attempt's input.</summary>
    /// <exception cref="FlowException"><c>bad_input_adapter</c>, <c>bad_input_args</c>: permanent, whatever the handler thinks of it.</exception>
    public IAsyncEnumerable<InputBatch> OpenAsync(Offer offer, RoleHandler handler, RunContext context, CancellationToken cancellationToken)
    {
        var proposal = handler.ProposeInput(context);
        if (offer.InputAdapter.Length > 0)
        {
            var registration = adapters.Find(offer.InputAdapter) ?? throw new FlowException(
                FlowErrorCode.BadInputAdapter,
                $"Worker '{workerId}' has no input adapter '{offer.InputAdapter}', which task '{context.TaskId}' asks for; it has [{string.Join(", ", adapters.Names)}].");
            if (proposal is not null && adapters.Find(proposal.Adapter) != registration)
            {
                LogConflictIgnored(context.TaskId, context.Epoch, proposal.Adapter, registration.Schema.Name);
            }

            return SelectAsync(registration, ArgumentsOf(offer.InputArgsJson), "cmd", offer, handler, context, cancellationToken);
        }

        if (proposal is not null && adapters.Find(proposal.Adapter) is { } proposed)
        {
            return SelectAsync(proposed, proposal.Arguments, "handler", offer, handler, context, cancellationToken);
        }

        if (proposal is not null)
        {
            LogProposalIgnored(context.TaskId, context.Epoch, proposal.Adapter);
        }

        return handler.ReadBatchesAsync(context, cancellationToken);
    }

    private IAsyncEnumerable<InputBatch> SelectAsync(
        AdapterRegistration registration, JsonElement arguments, string source, Offer offer, RoleHandler handler, RunContext context, CancellationToken cancellationToken)
    {
        var name = registration.Schema.Name;
        var problems = AdapterArguments.Check(registration.Schema, arguments, parents: null, context.TaskCount);
        if (problems.Count > 0)
        {
            throw new FlowException(
                FlowErrorCode.BadInputArgs, $"The arguments of input adapter '{name}' are wrong: {string.Join(" ", problems.Select(problem => problem.Message))}");
        }

        LogSelected(context.TaskId, context.Epoch, name, source);

        // A checkpoint knows the input that it was made of; without one only a handler that keeps nothing of its input goes on in the middle.
        var position = context.Checkpoint is not null ? offer.CheckpointInputPosition : handler.ResumesAfterAccepted ? offer.InputPosition : "";
        return ReadAsync(registration.Create(context.Services), new AdapterCall(name, arguments, context, position.Length > 0 ? position : null), cancellationToken);
    }

    private static async IAsyncEnumerable<InputBatch> ReadAsync(
        OrleansFlow.Inputs.InputAdapter adapter, AdapterCall call, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var batch in adapter.ReadAsync(call, cancellationToken).WithCancellation(cancellationToken))
            {
                yield return batch.Uid.Length == 0 && batch.Payload is JsonElement payload ? batch with { Uid = BatchUids.OfPayload(payload) } : batch;
            }
        }
        finally
        {
            switch (adapter)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
    }

    private static JsonElement ArgumentsOf(string json)
    {
        try
        {
            return json.Length == 0 ? default : JsonElement.Parse(json);
        }
        catch (JsonException exception)
        {
            throw new FlowException(FlowErrorCode.BadInputArgs, $"The arguments of the input adapter are no JSON: {exception.Message}", exception);
        }
    }

    [LoggerMessage(EventId = 2260, EventName = "worker.adapter.selected", Level = LogLevel.Information,
        Message = "worker.adapter.selected: task {TaskId} (epoch {Epoch}) reads with {Adapter}, named by {Source}")]
    private partial void LogSelected(TaskId taskId, long epoch, string adapter, string source);

    [LoggerMessage(EventId = 2261, EventName = "worker.handler_conflict_ignored", Level = LogLevel.Warning,
        Message = "worker.handler_conflict_ignored: the handler of task {TaskId} (epoch {Epoch}) proposes {Proposed}; the graph names {Adapter}, which is used")]
    private partial void LogConflictIgnored(TaskId taskId, long epoch, string proposed, string adapter);

    [LoggerMessage(EventId = 2262, EventName = "worker.adapter.proposal_ignored", Level = LogLevel.Warning,
        Message = "worker.adapter.proposal_ignored: the handler of task {TaskId} (epoch {Epoch}) proposes {Proposed}, which this worker does not have; the handler reads by itself")]
    private partial void LogProposalIgnored(TaskId taskId, long epoch, string proposed);
}
