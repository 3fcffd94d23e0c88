using System.Text.Json;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;

namespace OrleansFlow.Worker.Functions;

/// <summary>A function that graphs call by its name (<c>"fn": "name"</c>) and this worker runs.</summary>
internal sealed class CoordinatorFunctionRegistration
{
    /// <summary>Names a function.</summary>
    /// <exception cref="ArgumentException">The name is not well-formed.</exception>
    public CoordinatorFunctionRegistration(string name, Func<RunContext, JsonElement, CancellationToken, ValueTask<string?>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        (Name, Function) = (IdText.IsValid(name) ? name : throw new ArgumentException(
            $"'{name}' is not a function name: use 1 to {IdText.MaxLength} letters, digits, '_', '-' or '.', starting with a letter or digit.", nameof(name)), function);
    }

    public string Name { get; }

    /// <summary>Gets the attempt and the node's <c>args</c>; gives the node's result as JSON.</summary>
    public Func<RunContext, JsonElement, CancellationToken, ValueTask<string?>> Function { get; }
}
