using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>What the engine has to know of a user's function. Checked when it is made.</summary>
internal sealed class FunctionSignature
{
    /// <summary>Most parameters.</summary>
    public const int ParametersMax = 64;

    /// <exception cref="FlowException">The declaration is none (<see cref="FlowErrorCode.BadFunction"/>).</exception>
    public FunctionSignature(UserFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        Function = function;
        if (function.Name.Length == 0 || !char.IsAsciiLetter(function.Name[0]) || function.Name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c != '_') || function.Name.Length > 64)
        {
            throw new FlowException(FlowErrorCode.BadFunction, $"Function '{function.Name}': a name has 1 to 64 letters, digits and '_', and begins with a letter.");
        }

        // The engine takes a function of nothing for one that changes from call to call.
        if (function.Parameters.Count is 0 or > ParametersMax)
        {
            throw Bad($"it has {function.Parameters.Count} parameters; 1 to {ParametersMax} are possible");
        }

        Parameters = [.. function.Parameters.Select(parameter => FunctionType.Of(function.Name, parameter.Type))];
        Result = FunctionType.Of(function.Name, function.ResultType);
        var scales = Parameters.Append(Result).Where(type => type.IsDecimal).Select(type => type.Scale).Distinct().ToList();
        if (scales.Count > 1)
        {
            throw Bad($"its decimals have {string.Join(" and ", scales)} digits behind the point; give all of them the same number");
        }

        Options = new FunctionOptions
        {
            SeesNulls = function.Parameters.Any(parameter => parameter.IsNullable),
            DecimalScale = scales.Count == 1 ? scales[0] : FunctionOptions.Default.DecimalScale,
        };
    }

    /// <summary>The declaration.</summary>
    public UserFunction Function { get; }

    /// <summary>What it takes.</summary>
    public IReadOnlyList<FunctionType> Parameters { get; }

    /// <summary>What it gives.</summary>
    public FunctionType Result { get; }

    /// <summary>How the engine uses it.</summary>
    public FunctionOptions Options { get; }

    /// <summary>What is called in the content.</summary>
    public string Entry => Function.Entry.Length > 0 ? Function.Entry : Function.Name;

    /// <summary>The function with a body.</summary>
    public EngineFunction With(FunctionBody body) =>
        EngineFunction.Batches(Function.Name, [.. Parameters.Select(type => type.Clr)], Result.Clr, body, Options);

    /// <summary>For planning, which knows types only: the engine leaves a call alone that fails while it computes constants.</summary>
    public EngineFunction Placeholder() => With(static _ => throw new InvalidOperationException("A user's function is planned here and never called."));

    /// <summary>That something is wrong with it.</summary>
    public FlowException Bad(string problem, Exception? cause = null) => Bad(Function, problem, cause);

    /// <inheritdoc cref="Bad(string, Exception?)"/>
    public static FlowException Bad(UserFunction function, string problem, Exception? cause = null) =>
        new(FlowErrorCode.BadFunction, $"Function '{function.Name}' ({function.Language}{(function.Version.Length > 0 ? $", version {function.Version}" : "")}): {problem}.", cause);
}
