namespace OrleansFlow.Engine.Functions;

/// <summary>Makes aggregates.</summary>
public abstract partial class EngineFunction
{
    /// <summary>An aggregate of one argument; it also works as a window function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="aggregate">What it does; used by several threads.</param>
    /// <param name="options">How the engine may use it; aggregates are never volatile.</param>
    /// <exception cref="ArgumentException">A type has no counterpart in the engine.</exception>
    public static EngineFunction Aggregate<TState, T1, TResult>(string name, IAggregate<TState, T1, TResult> aggregate, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        return new AggregateFunction<TState, T1, TResult>(name, aggregate, options);
    }

    /// <summary>An aggregate of two arguments; see <see cref="Aggregate{TState,T1,TResult}"/>.</summary>
    public static EngineFunction Aggregate<TState, T1, T2, TResult>(string name, IAggregate<TState, T1, T2, TResult> aggregate, FunctionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        return new AggregateFunction<TState, T1, T2, TResult>(name, aggregate, options);
    }
}
