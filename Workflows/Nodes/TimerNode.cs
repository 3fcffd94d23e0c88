using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Schedules;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Waits until a schedule's time, then does its work.</summary>
internal sealed class TimerNode<TIn, TOut, TContext>(Schedule schedule, bool executeImmediately, INode<TIn, TOut, TContext> inner) : INode<TIn, TOut, TContext>
{
    public ValueTask<Transition<TOut>> RunAsync(TIn input, NodeScope<TContext> scope, CancellationToken cancellationToken) => executeImmediately || scope.HasState
        ? inner.RunAsync(input, scope, cancellationToken)
        : new(Wait(scope.Time.GetUtcNow()));

    /// <summary>An interval is a remaining time, which needs no clock; the other kinds are times of the calendar.</summary>
    private Transition<TOut> Wait(DateTimeOffset nowUtc) => schedule is Schedule.Interval interval
        ? Suspension.For(interval.Period, nowUtc)
        : Suspension.Until(schedule.First(nowUtc), nowUtc);
}
