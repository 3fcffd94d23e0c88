namespace Orleans.Embedded;

/// <content>Calls of objects that are no grains.</content>
public abstract partial class GrainRequest<TResult>
{
    internal sealed override async ValueTask<Exception?> RunForObjectAsync(object target)
    {
        TResult result;
        try
        {
            if (IsEnumeration)
            {
                throw new NotSupportedException($"{this} returns a sequence; an observer's methods return void, a task or a value task.");
            }

            result = Isolate(await Run(target));
        }
        catch (Exception exception)
        {
            Answer(exception);
            return exception;
        }

        Answer(result, null);
        return null;
    }
}
