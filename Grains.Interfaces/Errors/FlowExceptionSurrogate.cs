namespace OrleansFlow.Errors;

/// <summary>How a <see cref="FlowException"/> crosses a grain boundary.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.FlowExceptionSurrogate")]
public readonly record struct FlowExceptionSurrogate(
    [property: Id(0)] int Code, [property: Id(1)] string Message, [property: Id(2)] IReadOnlyList<FlowProblemSurrogate> Problems);

/// <summary>How a <see cref="FlowProblem"/> crosses a grain boundary.</summary>
[GenerateSerializer, Immutable, Alias("OrleansFlow.FlowProblemSurrogate")]
public readonly record struct FlowProblemSurrogate([property: Id(0)] string Code, [property: Id(1)] string Path, [property: Id(2)] string Message);

/// <summary>Converts <see cref="FlowException"/>.</summary>
[RegisterConverter]
public sealed class FlowExceptionConverter : IConverter<FlowException, FlowExceptionSurrogate>
{
    /// <inheritdoc/>
    public FlowException ConvertFromSurrogate(in FlowExceptionSurrogate surrogate) => new(
        (FlowErrorCode)surrogate.Code,
        surrogate.Message,
        [.. (surrogate.Problems ?? []).Select(problem => new FlowProblem(problem.Code, problem.Path, problem.Message))]);

    /// <inheritdoc/>
    public FlowExceptionSurrogate ConvertToSurrogate(in FlowException value) => new(
        (int)value.Code,
        value.Message,
        [.. value.Problems.Select(problem => new FlowProblemSurrogate(problem.Code, problem.Path, problem.Message))]);
}
