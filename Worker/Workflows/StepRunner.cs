using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Attempts;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Nodes;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Worker.Workflows;

/// <summary>Runs one step of a workflow's run and turns whatever happens into an outcome.</summary>
/// <remarks>
/// A step leaves nothing behind by itself: what it proposes travels in the outcome and takes effect when the run commits it. So nothing here is
/// resumed; a step whose lease was lost is done once more by whoever has the next one.
/// </remarks>
internal sealed partial class StepRunner(
    RoleCatalog roles, IServiceScopeFactory scopes, WorkerSessionOptions options, WorkerInstruments instruments, TimeProvider clock, ILogger logger)
{
    private const int MessageLengthMax = 4096;
    private const int InitialBytes = 256;

    /// <summary>Runs the step to its end. Never throws.</summary>
    public async Task<Outcome> RunAsync(TaskAttempt attempt)
    {
        instruments.OnBegun();
        var outcome = await RunStepAsync(attempt);
        instruments.OnEnded(outcome);
        return outcome;
    }

    private async Task<Outcome> RunStepAsync(TaskAttempt attempt)
    {
        if (attempt.StopReason is not null)
        {
            return attempt.StopOutcome();
        }

        if (roles.Find(attempt.Offer.Role)?.Workflow is not { } workflow)
        {
            // The run has moved to a newer version since the item was queued: it goes back, and the queue of that version has it.
            LogNotServed(attempt.Token.TaskId.Value, attempt.Offer.Role, options.WorkerId);
            return new Outcome { Lease = attempt.Offer.Lease, Kind = Outcome.Types.Kind.Stopped, Reason = FlowErrorKind.Of(FlowErrorCode.NoHandler).Wire };
        }

        var scope = workflow.NeedsServices ? scopes.CreateAsyncScope() : default(AsyncServiceScope?);
        try
        {
            var task = StepTaskJson.Read(attempt.Offer.Step.Memory);
            var outcome = await workflow.RunAsync(attempt.Token.TaskId.RunId.Value, attempt.Offer.Attempt, task, clock, scope?.ServiceProvider, attempt.Stopping);
            return new Outcome { Lease = attempt.Offer.Lease, Kind = Outcome.Types.Kind.Completed, Step = Write(outcome) };
        }
        catch (ContextMissingException)
        {
            return new Outcome { Lease = attempt.Offer.Lease, Kind = Outcome.Types.Kind.Stopped, Reason = ContextMissingException.Reason };
        }
        catch (Exception) when (attempt.StopReason is not null)
        {
            return attempt.StopOutcome();
        }
        catch (Exception exception)
        {
            LogFailed(exception, attempt.Token.TaskId.Value, attempt.Token.Epoch);
            return Failed(attempt, exception);
        }
        finally
        {
            if (scope is { } disposable)
            {
                await disposable.DisposeAsync();
            }
        }
    }

    private static ByteString Write(StepOutcome outcome)
    {
        var text = new ArrayBufferWriter<byte>(InitialBytes);
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { SkipValidation = true }))
        {
            StepOutcomeJson.Write(json, outcome);
        }

        return UnsafeByteOperations.UnsafeWrap(text.WrittenMemory);
    }

    private static Outcome Failed(TaskAttempt attempt, Exception exception) => exception switch
    {
        FlowException flow => Failed(attempt, flow.Code, flow.Message, flow.Kind.Retry == RetryAdvice.Never),
        NonRetryableException or NodePhaseException => Failed(attempt, StepFailures.CodeOf(exception), exception.Message, StepFailures.IsPermanent(exception)),
        TimeoutException => Failed(attempt, FlowErrorCode.DeadlineExceeded, exception.Message, permanent: false),
        OperationCanceledException => Failed(attempt, FlowErrorCode.Cancelled, exception.Message, permanent: false),
        _ => Failed(attempt, FlowErrorCode.UnexpectedError, exception.Message.Length > 0 ? exception.Message : exception.GetType().Name, permanent: false),
    };

    private static Outcome Failed(TaskAttempt attempt, FlowErrorCode code, string message, bool permanent = true) => new()
    {
        Lease = attempt.Offer.Lease,
        Kind = Outcome.Types.Kind.Failed,
        Reason = FlowErrorKind.Of(code).Wire,
        Permanent = permanent,
        Message = message.Length > MessageLengthMax ? message[..MessageLengthMax] : message,
    };

    [LoggerMessage(EventId = 5302, Level = LogLevel.Information, Message = "Step {TaskId} is of role {Role} and was handed back: worker {WorkerId} does not serve it")]
    private partial void LogNotServed(string taskId, string role, WorkerId workerId);

    [LoggerMessage(EventId = 5301, Level = LogLevel.Information, Message = "Step {TaskId} failed under epoch {Epoch}")]
    private partial void LogFailed(Exception exception, string taskId, long epoch);
}
