using OrleansFlow.Engine.Functions;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Samples.QueryExtensions;

/// <summary>Prepares the session of each task: <c>team()</c> is the team that the query was sent for, <c>priced(cents)</c> a text in its currency.</summary>
internal static class ShopSession
{
    public static async Task BuildAsync(WorkerQueryContext context, CancellationToken cancellationToken)
    {
        var team = context.Headers.GetValueOrDefault("team", "nobody");
        if (team == "intruder")
        {
            throw new FlowException(FlowErrorCode.Unauthenticated, "The team 'intruder' may not ask.");
        }

        var currency = context.Config.GetValueOrDefault("currency", "EUR");
        await context.AddFunctionsAsync(
            [EngineFunction.Scalar("team", () => team), EngineFunction.Scalar<long, string>("priced", cents => FormattableString.Invariant($"{cents / 100}.{cents % 100:00} {currency}"))],
            cancellationToken);
    }
}
