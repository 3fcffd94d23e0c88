using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Functions;

/// <summary>Serves the role <c>coordinator</c>: runs the function that a node names. The built-in ones run in the silo and never come here.</summary>
internal sealed class CoordinatorHandler(IEnumerable<CoordinatorFunctionRegistration> functions) : RoleHandler
{
    /// <summary>The role to which the silo gives nodes with a function that it does not know.</summary>
    public const string Role = "coordinator";

    private CoordinatorFunctionRegistration? _function;
    private JsonElement _args;

    /// <inheritdoc/>
    public override ValueTask LoadInputAsync(RunContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var name = context.Params.ValueKind == JsonValueKind.Object && context.Params.TryGetProperty("fn", out var given) ? given.GetString() : null;

        // The last one of a name counts, as the last registration of a service does.
        _function = functions.LastOrDefault(function => function.Name == name) ?? throw new FlowException(
            FlowErrorCode.NoHandler,
            $"Task '{context.TaskId}' calls the function '{name}', which this worker does not have; it has [{string.Join(", ", functions.Select(function => function.Name))}]. "
            + "Add it with AddCoordinatorFunction on every worker of the role 'coordinator'.");
        _args = context.Params.TryGetProperty("args", out var args) ? args : default;
        return ValueTask.CompletedTask;
    }

    /// <summary>A function is called once, whatever its parents made; it may read that by itself.</summary>
    public override IAsyncEnumerable<InputBatch> ReadBatchesAsync(RunContext context, CancellationToken cancellationToken) => AsyncEnumerable.Empty<InputBatch>();

    /// <inheritdoc/>
    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken) =>
        ValueTask.FromResult(BatchOutcome.None);

    /// <inheritdoc/>
    public override async ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        new(ResultJson: await _function!.Function(context, _args, cancellationToken));
}
