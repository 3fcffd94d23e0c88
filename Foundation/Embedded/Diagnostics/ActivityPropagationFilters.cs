using System.Diagnostics;
using Orleans.Diagnostics;

namespace Orleans.Embedded;

/// <summary>Traces calls, and carries the trace along in the request context as W3C headers do.</summary>
internal abstract class ActivityPropagationFilter
{
    protected static ActivitySource SourceOf(IGrainCallContext context) =>
        context.Request.GetInterfaceType().Assembly == typeof(ActivityPropagationFilter).Assembly
            ? ActivitySources.Runtime
            : ActivitySources.ApplicationGrains;

    protected static async Task TraceAsync(IGrainCallContext context, Activity activity)
    {
        if (activity.IsAllDataRequested)
        {
            activity.SetTag("rpc.system", "orleans");
            activity.SetTag("rpc.service", context.InterfaceName);
            activity.SetTag("rpc.method", context.MethodName);
            activity.SetTag("rpc.orleans.target_id", context.TargetId.ToString());
            if (context.SourceId is { } source)
            {
                activity.SetTag("rpc.orleans.source_id", source.ToString());
            }
        }

        try
        {
            await context.Invoke();
        }
        catch (Exception exception)
        {
            if (activity.IsAllDataRequested)
            {
                activity.SetStatus(ActivityStatusCode.Error);
                activity.SetTag("exception.type", exception.GetType().FullName);
                activity.SetTag("exception.message", exception.Message);
                activity.SetTag("exception.stacktrace", exception.ToString());
                activity.SetTag("exception.escaped", true);
            }

            throw;
        }
    }
}

/// <summary>The caller's side.</summary>
internal sealed class ActivityPropagationOutgoingFilter : ActivityPropagationFilter, IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        using var activity = SourceOf(context).StartActivity(context.Request.GetActivityName(), ActivityKind.Client);
        DistributedContextPropagator.Current.Inject(activity ?? Activity.Current, null, static (_, key, value) => RequestContext.Set(key, value));
        await (activity is null ? context.Invoke() : TraceAsync(context, activity));
    }
}

/// <summary>The callee's side.</summary>
internal sealed class ActivityPropagationIncomingFilter : ActivityPropagationFilter, IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(null, Extract, out var parent, out var state);
        var source = SourceOf(context);
        Activity? activity;
        if (ActivityContext.TryParse(parent, state, isRemote: true, out var parentContext))
        {
            activity = source.CreateActivity(context.Request.GetActivityName(), ActivityKind.Server, parentContext);
        }
        else
        {
            activity = source.CreateActivity(context.Request.GetActivityName(), ActivityKind.Server, parent);
        }

        if (activity is null)
        {
            await context.Invoke();
            return;
        }

        var baggage = DistributedContextPropagator.Current.ExtractBaggage(null, Extract);
        foreach (var (key, value) in baggage ?? [])
        {
            activity.AddBaggage(key, value);
        }

        using (activity.Start())
        {
            await TraceAsync(context, activity);
        }
    }

    private static void Extract(object? carrier, string field, out string? value, out IEnumerable<string>? values)
    {
        value = RequestContext.Get(field) as string;
        values = null;
    }
}
