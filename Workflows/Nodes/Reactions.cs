using Microsoft.Extensions.Logging;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Calls what reacts to a change: an error of it is reported, changes nothing, and watching goes on.</summary>
internal static partial class Reactions
{
    public static async ValueTask<Transition<TOut>> RunAsync<TIn, TChange, TOut, TContext>(
        Func<TIn, TChange, NodeScope<TContext>, CancellationToken, ValueTask<Transition<TOut>>> react,
        TIn input,
        TChange change,
        NodeScope<TContext> scope,
        CancellationToken cancellationToken)
    {
        var (before, effects) = (scope.Context, scope.Effects);
        try
        {
            var reaction = await react(input, change, scope, cancellationToken).ConfigureAwait(false);
            return reaction.Kind == TransitionKind.Abort ? throw reaction.Error! : reaction;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            (scope.Context, scope.Effects) = (before, effects);
            if ((scope.Logger ?? (scope.Services?.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger("OrleansFlow.Workflows")) is { } logger)
            {
                LogFailed(logger, scope.Node, scope.RunId, error);
            }

            return Transition.Hold<TOut>();
        }
    }

    [LoggerMessage(EventId = 6601, Level = LogLevel.Warning, Message = "Node '{Node}' of run '{Run}' failed to react to a change and watches on.")]
    private static partial void LogFailed(ILogger logger, string node, string run, Exception error);
}
