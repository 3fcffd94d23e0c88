using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Worker.Inputs;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Attempts;

/// <summary>Runs one attempt: calls the handler in its documented order and turns whatever happens into an outcome.</summary>
/// <remarks>
/// 1. A scope and a handler of its own. 2. <c>InitAsync</c>, <c>LoadInputAsync</c>. 3. Every input batch: <c>ProcessBatchAsync</c>, its output
/// written and reported, receipts awaited only when the window is full. 4. <c>FinalizeAsync</c> and its outputs. 5. <c>CleanupAsync</c>, once
/// <c>InitAsync</c> was begun. 6. Completed only when every report was accepted: the owner refuses a completion that disagrees with its count.
/// An exception after a stop was asked for is part of stopping; any other, also an <see cref="OperationCanceledException"/> of the handler's
/// own, is a failure that the handler classifies.
/// </remarks>
internal sealed partial class AttemptRunner(
    RoleCatalog roles, InputRouter inputs, IServiceScopeFactory scopes, UpstreamReaders readers, WorkerSessionOptions options,
    WorkerInstruments instruments, TimeProvider clock, ILogger logger)
{
    // A message is for people and travels through grains into state: a stack of nested messages must not become megabytes.
    private const int MessageLengthMax = 4096;

    // The default of ProcessBatchAsync's result limit, in UTF-16 units; the owner counts bytes.
    private const int ResultLengthMax = 64 * 1024;

    private MemoryWatch Memory => field ??= new MemoryWatch(clock, () => Environment.WorkingSet, LogMemoryGrows);

    /// <summary>Runs the attempt to its end. Never throws.</summary>
    public async Task<Outcome> RunAsync(TaskAttempt attempt)
    {
        instruments.OnBegun();
        Outcome outcome;
        try
        {
            outcome = await RunInScopeAsync(attempt);
        }
        catch (Exception exception)
        {
            // Only what surrounds the handler can get here: the scope, the store of the session.
            outcome = attempt.StopReason is null
                ? Failed(attempt, new ErrorClass(FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, Permanent: false), exception)
                : attempt.StopOutcome();
        }

        instruments.OnEnded(outcome);
        return outcome;
    }

    private async Task<Outcome> RunInScopeAsync(TaskAttempt attempt)
    {
        if (attempt.StopReason is not null)
        {
            return attempt.StopOutcome();
        }

        if (attempt.HasTakenUp)
        {
            try
            {
                await attempt.WaitForReceiptsAsync();
            }
            catch (OperationCanceledException) when (attempt.StopReason is not null)
            {
                return attempt.StopOutcome();
            }
        }

        if (roles.Find(attempt.Offer.Role) is not { } role)
        {
            return new Outcome
            {
                Lease = attempt.Offer.Lease,
                Kind = Outcome.Types.Kind.Failed,
                Reason = FlowErrorKind.Of(FlowErrorCode.NoHandler).Wire,
                Permanent = true,
                Message = $"Worker '{options.WorkerId}' has no handler for role '{attempt.Offer.Role}'; it serves [{string.Join(", ", roles.Roles)}].",
            };
        }

        await using var scope = scopes.CreateAsyncScope();
        var context = new AttemptContext(attempt, options.WorkerId, scope.ServiceProvider, readers, MakeTempFolder, logger, clock);
        var store = readers.Store ?? throw new InvalidOperationException("No attempt can run before the session is registered.");
        RoleHandler? handler = null;
        var isInitBegun = false;
        Outcome? completed = null;
        Exception? failure = null;
        try
        {
            handler = role.Create(scope.ServiceProvider);
            var emitter = Begin(attempt, handler, context, store);
            isInitBegun = true;
            completed = await CallAsync(attempt, handler, context, store, emitter);
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        if (handler is not null)
        {
            await CleanUpAsync(handler, isInitBegun, context, isShared: role.IsSingleton);
        }

        if (failure is null)
        {
            try
            {
                await attempt.WaitForReceiptsAsync();
                return completed!;
            }
            catch (OperationCanceledException) when (attempt.StopReason is not null)
            {
                return attempt.StopOutcome();
            }
        }

        if (attempt.StopReason is not null)
        {
            LogStopped(attempt.Token.TaskId, attempt.Token.Epoch, attempt.StopReason, failure);
            return attempt.StopOutcome();
        }

        LogFailed(attempt.Token.TaskId, attempt.Token.Epoch, attempt.Offer.Role, failure);
        return attempt.WithLostInput(Failed(attempt, Classify(handler, failure), failure));
    }

    /// <summary>Decides where the attempt begins: at its checkpoint, behind what was accepted, or at the start.</summary>
    private BatchEmitter Begin(TaskAttempt attempt, RoleHandler handler, AttemptContext context, IArtifactStore store)
    {
        var first = handler.ResumesAfterAccepted ? attempt.Offer.AcceptedBatches : 0;
        if (attempt.Offer.Checkpoint is { } saved)
        {
            var checkpoint = new TaskCheckpoint(saved.Version, saved.Json);
            if (handler.AcceptsCheckpoint(checkpoint))
            {
                (context.CurrentCheckpoint, first) = (checkpoint, saved.OutputCount);
            }
            else
            {
                LogCheckpointRefused(attempt.Token.TaskId, attempt.Token.Epoch, attempt.Offer.Role, saved.Version);
            }
        }

        var emitter = new BatchEmitter(attempt, store, instruments, first);
        context.Begin(handler, emitter);
        return emitter;
    }

    private async Task<Outcome> CallAsync(TaskAttempt attempt, RoleHandler handler, AttemptContext context, IArtifactStore store, BatchEmitter emitter)
    {
        var stopping = attempt.Stopping;
        if (attempt.Offer.Attempt > 1)
        {
            var swept = await store.SweepAsync(attempt.Token.TaskId, attempt.Token.Epoch, attempt.Offer.AcceptedBatches, stopping);
            LogSwept(attempt.Token.TaskId, attempt.Token.Epoch, swept);
        }

        await handler.InitAsync(context, stopping);
        await handler.LoadInputAsync(context, stopping);
        await foreach (var input in inputs.OpenAsync(attempt.Offer, handler, context, stopping).WithCancellation(stopping))
        {
            // Disposed after the output was written, because a handler may hand its input on.
            using var batch = input.Batch;
            stopping.ThrowIfCancellationRequested();
            context.BatchUid = input.Uid;
            var measure = options.MeasuresBatches ? new BatchMeasure(clock) : (BatchMeasure?)null;
            var processed = await handler.ProcessBatchAsync(context, input, stopping);
            measure?.AddTo(emitter, Memory);
            emitter.InputPosition = input.Position ?? emitter.InputPosition;
            await TakeAsync(attempt, context, emitter, processed);
            context.BatchUid = null;
        }

        stopping.ThrowIfCancellationRequested();
        var finished = await handler.FinalizeAsync(context, stopping);
        emitter.Add(finished.Metrics);
        if (finished.Outputs is not null)
        {
            await EmitAllAsync(emitter, finished.Outputs);
        }

        if (finished.ResultJson?.Length > ResultLengthMax)
        {
            throw new FlowException(
                FlowErrorCode.LimitExceeded,
                $"The result of task '{attempt.Token.TaskId}' has {finished.ResultJson.Length} characters; at most {ResultLengthMax} are kept. Emit it as a batch.");
        }

        var outcome = new Outcome
        {
            Lease = attempt.Offer.Lease,
            Kind = Outcome.Types.Kind.Completed,
            BatchCount = emitter.Count,
            ResultJson = finished.ResultJson ?? "",
        };
        if (emitter.LeftMetrics is { } metrics)
        {
            foreach (var (name, value) in metrics)
            {
                outcome.Metrics.Add(name, value);
            }
        }

        return outcome;
    }

    private static async ValueTask TakeAsync(TaskAttempt attempt, AttemptContext context, BatchEmitter emitter, BatchOutcome processed)
    {
        emitter.Add(processed.Metrics);
        if (processed is { Output: { } beside, Artifact: { } artifact })
        {
            beside.Dispose();
            throw new FlowException(
                FlowErrorCode.BadInput,
                $"The handler of task '{attempt.Token.TaskId}' returned an output beside the artifact '{artifact.BatchUid}', which it had written itself; return one of them.");
        }

        if (processed.Output is { } output)
        {
            if (processed.Checkpoint is { } checkpoint)
            {
                context.Check(checkpoint);
            }

            await emitter.EmitAsync(output, processed.Checkpoint);
        }
        else if (processed.Checkpoint is { } lone)
        {
            await context.SaveCheckpointAsync(lone, attempt.Stopping);
        }
    }

    private static async ValueTask EmitAllAsync(BatchEmitter emitter, IReadOnlyList<Arrow.RecordBatch> outputs)
    {
        var emitted = 0;
        try
        {
            while (emitted < outputs.Count)
            {
                await emitter.EmitAsync(outputs[emitted++]);
            }
        }
        finally
        {
            while (emitted < outputs.Count)
            {
                outputs[emitted++].Dispose();
            }
        }
    }

    private static ErrorClass Classify(RoleHandler? handler, Exception failure)
    {
        try
        {
            // What a graph says of its input is not the handler's to judge.
            return failure is FlowException { Code: FlowErrorCode.BadInputAdapter or FlowErrorCode.BadInputArgs } refused
                ? new ErrorClass(refused.Kind.Wire, Permanent: true)
                : handler?.ClassifyError(failure) ?? new ErrorClass(FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, Permanent: false);
        }
        catch (Exception)
        {
            // A classifier that fails must not hide what it was asked about.
            return new ErrorClass(FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire, Permanent: false);
        }
    }

    private static Outcome Failed(TaskAttempt attempt, ErrorClass error, Exception exception)
    {
        var message = exception.Message.Length > 0 ? exception.Message : exception.GetType().Name;
        return new Outcome
        {
            Lease = attempt.Offer.Lease,
            Kind = Outcome.Types.Kind.Failed,
            Reason = error.Reason ?? FlowErrorKind.Of(FlowErrorCode.UnexpectedError).Wire,
            Permanent = error.Permanent,
            Message = message.Length > MessageLengthMax ? message[..MessageLengthMax] : message,
        };
    }
}
