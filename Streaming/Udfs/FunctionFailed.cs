using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.Udfs;

/// <summary>What is said of a function that fails for a row.</summary>
internal static class FunctionFailed
{
    /// <summary>The failure, with values that are cut to what people read.</summary>
    public static FlowException For(FunctionSignature signature, IReadOnlyList<object?> values, string problem) => new(
        FlowErrorCode.FunctionFailed,
        $"Function '{signature.Function.Name}' ({signature.Function.Language}{(signature.Function.Version.Length > 0 ? $", version {signature.Function.Version}" : "")}) failed for {FunctionValues.Write(values)}: {problem}");
}
