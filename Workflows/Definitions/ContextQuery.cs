using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Definitions;

/// <summary>A question about a run's context, with its types hidden.</summary>
internal sealed record ContextQuery<TContext>(string Name, Func<Payload, TContext, JsonSerializerOptions?, Payload> Ask)
{
    public static ContextQuery<TContext> Of<TArgument, TResult>(string name, Func<TArgument, TContext, TResult> query) => new(name, (argument, context, json) =>
        ContextArguments.Write(query(ContextArguments.Read<TArgument>($"query '{name}'", argument, json), context), json));
}

/// <summary>A change of a run's context from outside, with its types hidden.</summary>
internal sealed record ContextUpdate<TContext>(string Name, Func<Payload, NodeScope<TContext>, CancellationToken, ValueTask<Payload>> ApplyAsync)
{
    public static ContextUpdate<TContext> Of<TArgument, TResult>(
        string name, Func<TArgument, TContext, string?>? validate, Func<TArgument, NodeScope<TContext>, CancellationToken, ValueTask<TResult>> apply) => new(
        name,
        async (payload, scope, cancellationToken) =>
        {
            var argument = ContextArguments.Read<TArgument>($"update '{name}'", payload, scope.Json);
            if (validate?.Invoke(argument, scope.Context) is { } problem)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Update '{name}' was refused: {problem}");
            }

            return ContextArguments.Write(await apply(argument, scope, cancellationToken).ConfigureAwait(false), scope.Json);
        });
}

/// <summary>Reads and writes what queries and updates are asked and answer.</summary>
internal static class ContextArguments
{
    public static T Read<T>(string what, Payload argument, JsonSerializerOptions? json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(argument.Utf8.Span, json)!;
        }
        catch (JsonException error)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The argument of {what} is no {typeof(T).Name}: {error.Message}", error);
        }
    }

    public static Payload Write<T>(T value, JsonSerializerOptions? json) => new(JsonSerializer.SerializeToUtf8Bytes(value, json));
}
