using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Poller: a job that runs elsewhere and calls nobody back is asked for its state, at first often, then every five minutes, and at most
/// <see cref="AsksMax"/> times. Each wait is a durable timer: the worker that asks next may be another one.
/// </summary>
internal static class Poller
{
    /// <summary>Asks in all; 5 s, 10 s, 20 s, … and then 5 min apart they last some four hours.</summary>
    public const int AsksMax = 50;

    private static readonly TimeSpan WaitMin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(5);

    /// <summary>Where the job runs.</summary>
    internal interface IJobs
    {
        /// <summary>Starts a job; one that has the id is not started again.</summary>
        Task SubmitAsync(string id, CancellationToken cancellationToken);

        /// <summary>Its result; null while it runs.</summary>
        Task<string?> ReadResultAsync(string id, CancellationToken cancellationToken);
    }

    public static WorkflowDefinition<string, string, NoContext> Define(IJobs jobs)
    {
        var flow = new Workflow<NoContext>("poller");
        var done = flow.Node<Look, string>("done", (look, _) => $"{look.Job}: {look.Result}").End();
        var late = flow.Node<Look, string>("late", (look, _) => $"{look.Job} did not end").End();
        var ask = flow.Node<Look, Look>("ask", async (look, _, cancellationToken) =>
        {
            var result = await jobs.ReadResultAsync(look.Job, cancellationToken);
            var next = look with { Asked = look.Asked + 1, Result = result };
            return result is not null || next.Asked == AsksMax ? next : Transition.Sleep(WaitAfter(next.Asked), next);
        }).Retry(new StepRetryPolicy { MaxAttempts = 10, MaxBackoff = TimeSpan.FromMinutes(1) }).AtMost(AsksMax);
        ask.Branch(arms => arms
            .When(look => look.Result is not null, done, "has ended")
            .When(look => look.Asked < AsksMax, ask, "still runs")
            .Otherwise(late));
        var submit = flow.Node<string, Look>("submit", async (job, _, cancellationToken) =>
        {
            await jobs.SubmitAsync(job, cancellationToken);
            return Transition.Sleep(WaitMin, new Look(job));
        }).To(ask);
        return flow.Start(submit).Build<string, string>();
    }

    private static TimeSpan WaitAfter(int asked) => WaitMin * Math.Min(1 << Math.Min(asked, 10), (int)(WaitMax / WaitMin));

    /// <summary>Where the loop is. It is the loop's own input, so it needs no context.</summary>
    internal sealed record Look(string Job, int Asked = 0, string? Result = null);
}
