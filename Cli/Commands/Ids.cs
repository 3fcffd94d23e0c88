using OrleansFlow.Errors;
using OrleansFlow.Tasks;

namespace OrleansFlow.Cli.Commands;

/// <summary>Reads ids from the command line, with the mistake named.</summary>
internal static class Ids
{
    public static RunId Run(string text) =>
        IdText.IsValid(text) ? new RunId(text) : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not a run id. 'flow runs' lists them.");

    public static WorkerId Worker(string text) =>
        IdText.IsValid(text) ? new WorkerId(text) : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not a worker id. 'flow workers' lists them.");

    /// <summary><c>RUN</c> or <c>RUN/NODE</c>.</summary>
    public static (RunId Run, string? Node) RunOrNode(string text) => text.Contains('/', StringComparison.Ordinal) ? Result(text) : (Run(text), null);

    public static (RunId Run, string Node) Result(string text)
    {
        var parts = text.Split('/');
        return parts is [var run, var node] && IdText.IsValid(run) && IdText.IsValid(node)
            ? (new RunId(run), node)
            : throw new FlowException(FlowErrorCode.BadInput, $"'{text}' is not RUN/NODE. 'flow run show RUN' lists a run's nodes.");
    }
}
