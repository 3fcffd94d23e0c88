using Orleans.Serialization.Invocation;

namespace Orleans.Embedded;

/// <content>What a grain class says itself about interleaving.</content>
internal sealed partial class Activation
{
    // A request may interleave when the grain says so of it, or of every request that stands in its way.
    private bool MayInterleave(Func<object, IInvokable, bool> predicate, GrainRequest request)
    {
        try
        {
            if (predicate(GrainInstance!, request))
            {
                return true;
            }

            for (var running = _running.First; running is not null; running = running._following)
            {
                if ((running.Method.Options & GrainMethodOptions.AlwaysInterleave) == 0
                    && (running._reference is null || !predicate(GrainInstance!, running)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception exception)
        {
            // It cannot be started, and must not wait for a decision that will not come: starting it gives the caller the failure.
            request._refusal = new OrleansException(
                $"The method named by [MayInterleave] of '{_class.Type}' failed for {request}: {exception.Message}", exception);
            return true;
        }
    }
}
