using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;
using OrleansFlow.Workflows.Stores;

namespace OrleansFlow.Workflows.Orchestration;

/// <summary>The orchestrator's calls with the user's types.</summary>
public static class WorkflowOrchestratorExtensions
{
    /// <summary>Plans that are made for a run that does not rest.</summary>
    private const int MigrationsMax = 5;

    /// <summary>Starts a run: durable before it returns.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="definition">The definition.</param>
    /// <param name="context">The context to begin with.</param>
    /// <param name="input">The start node's input.</param>
    /// <param name="options">Id, idempotency key, deadline and the like; <see langword="null"/> for none.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; the run may have been started.</param>
    /// <returns>The run's id.</returns>
    public static async ValueTask<RunId> StartAsync<TIn, TOut, TContext>(
        this IWorkflowOrchestrator orchestrator,
        WorkflowDefinition<TIn, TOut, TContext> definition,
        TContext context,
        TIn input,
        RunStartOptions? options = null,
        JsonSerializerOptions? json = null,
        CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(definition);
        var created = await orchestrator.StartAsync(
            new NewWorkflowRun
            {
                Workflow = definition.Compiled,
                Context = new Payload(JsonSerializer.SerializeToUtf8Bytes(context, json)),
                Input = new Payload(JsonSerializer.SerializeToUtf8Bytes(input, json)),
                Id = options?.Id,
                IdempotencyKey = options?.IdempotencyKey,
                Retry = options?.Retry,
                DeadlineUtc = options?.DeadlineUtc,
                Attributes = options?.Attributes ?? RunAttributes.None,
            },
            cancellationToken).ConfigureAwait(false);
        return created.Run;
    }

    /// <summary>Reads the context of a run.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="definition">The definition.</param>
    /// <param name="run">The run.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<TContext> ContextAsync<TIn, TOut, TContext>(
        this IWorkflowOrchestrator orchestrator,
        WorkflowDefinition<TIn, TOut, TContext> definition,
        RunId run,
        JsonSerializerOptions? json = null,
        CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(definition);
        return Read<TContext>(await orchestrator.ContextAsync(run, cancellationToken).ConfigureAwait(false), json);
    }

    /// <summary>Asks a question about a run's context.</summary>
    /// <typeparam name="TArgument">What is asked.</typeparam>
    /// <typeparam name="TResult">What is answered.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="run">The run.</param>
    /// <param name="name">Name of the query, as the definition declares it.</param>
    /// <param name="argument">What is asked.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async ValueTask<TResult> QueryAsync<TArgument, TResult>(
        this IWorkflowOrchestrator orchestrator, RunId run, string name, TArgument argument, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        var answer = await orchestrator.QueryAsync(run, name, Write(argument, json), cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize<TResult>(answer.Utf8.Span, json)!;
    }

    /// <summary>Changes a run's context through a worker, which validates first.</summary>
    /// <typeparam name="TArgument">What is to change.</typeparam>
    /// <typeparam name="TResult">What is answered.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="run">The run.</param>
    /// <param name="name">Name of the update, as the definition declares it.</param>
    /// <param name="argument">What is to change.</param>
    /// <param name="id">With the same id it happens once; <see langword="null"/>: a new one.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; it may take effect.</param>
    public static async ValueTask<TResult> UpdateAsync<TArgument, TResult>(
        this IWorkflowOrchestrator orchestrator, RunId run, string name, TArgument argument, string? id = null, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        var answer = await orchestrator.UpdateAsync(run, name, Write(argument, json), id, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize<TResult>(answer.Utf8.Span, json)!;
    }

    /// <summary>Moves a run to a newer version of its workflow, by the rules of that version (<c>MigrateFrom</c>).</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">The context of the new version.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="definition">The newer version.</param>
    /// <param name="run">The run; one that goes on meanwhile is planned for again, a few times.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting; it may have happened.</param>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.BadInput"/>: no rule moves some items or the context (all are named), or the run did not rest.</exception>
    public static async ValueTask<WorkflowRunSummary> MigrateAsync<TIn, TOut, TContext>(
        this IWorkflowOrchestrator orchestrator, WorkflowDefinition<TIn, TOut, TContext> definition, RunId run, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(definition);
        for (var attempt = 1; ; attempt++)
        {
            var state = await orchestrator.StateAsync(run, cancellationToken).ConfigureAwait(false);
            var plan = definition.PlanMigration(state, json);
            try
            {
                return await orchestrator.MigrateAsync(run, plan, cancellationToken).ConfigureAwait(false);
            }
            catch (FlowException refused) when (refused.Code == FlowErrorCode.BadInput && attempt < MigrationsMax)
            {
                // Where it is not the run that went on, another plan would be the same.
                if ((await orchestrator.StateAsync(run, cancellationToken).ConfigureAwait(false)).Position == state.Position)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Waits until a run has ended, and returns its output: the last one that the definition's rule keeps.</summary>
    /// <typeparam name="TIn">The input of a run.</typeparam>
    /// <typeparam name="TOut">The output of a run.</typeparam>
    /// <typeparam name="TContext">What a run's steps share.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="definition">The definition.</param>
    /// <param name="run">The run.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up; the run goes on.</param>
    /// <exception cref="FlowException">The run failed, with its code and words, or was cancelled.</exception>
    public static async ValueTask<TOut> WaitForOutputAsync<TIn, TOut, TContext>(
        this IWorkflowOrchestrator orchestrator,
        WorkflowDefinition<TIn, TOut, TContext> definition,
        RunId run,
        JsonSerializerOptions? json = null,
        CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        ArgumentNullException.ThrowIfNull(definition);
        var ended = await orchestrator.WaitForCompletionAsync(run, cancellationToken).ConfigureAwait(false);
        return ended.Status == WorkflowRunStatus.Completed
            ? JsonSerializer.Deserialize<TOut>(ended.Outputs[^1].Utf8.Span, json)!
            : throw new FlowException(
                ended.FailureCode ?? (ended.Status == WorkflowRunStatus.Cancelled ? FlowErrorCode.Cancelled : FlowErrorCode.UnexpectedError),
                ended.Failure ?? $"Run '{run}' ended without an output ({ended.Status}).");
    }

    /// <summary>Sends a signal with a value.</summary>
    /// <typeparam name="T">What it carries.</typeparam>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="run">The run.</param>
    /// <param name="name">The signal's name.</param>
    /// <param name="value">What it carries.</param>
    /// <param name="id">With an id it counts once, however often it is sent.</param>
    /// <param name="json">How values are written; <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public static ValueTask SignalAsync<T>(
        this IWorkflowOrchestrator orchestrator, RunId run, string name, T value, string? id = null, JsonSerializerOptions? json = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(orchestrator);
        return orchestrator.SignalAsync(run, name, Write(value, json), id, cancellationToken);
    }

    /// <summary>Merges what is stored of a context.</summary>
    internal static TContext Read<TContext>(StoredContext stored, JsonSerializerOptions? json)
        where TContext : IMergeable<TContext>
    {
        return stored.Deltas.Aggregate(Of(stored.Snapshot), (context, delta) => context.Merge(Of(delta)));

        TContext Of(Payload payload) => payload.IsDefault ? TContext.Empty : JsonSerializer.Deserialize<TContext>(payload.Utf8.Span, json)!;
    }

    private static Payload Write<T>(T value, JsonSerializerOptions? json) => new(JsonSerializer.SerializeToUtf8Bytes(value, json));
}
