namespace OrleansFlow.Engine.Functions;

/// <summary>
/// An aggregate of one argument. The engine keeps a state for each group and thread, and puts the states of a group together at the end; for windows it
/// does so many times. One object serves all groups and threads: what belongs to a group is in its state.
/// </summary>
/// <typeparam name="TState">What is known of the rows so far; it begins as the type's default. A struct without references lies in the engine's memory and costs nothing more; any other type costs an object for each group.</typeparam>
/// <typeparam name="T1">Type of the argument.</typeparam>
/// <typeparam name="TResult">Type of the result.</typeparam>
public interface IAggregate<TState, T1, TResult>
{
    /// <summary>Adds a row. Rows with NULL are passed over unless the parameter takes null (<c>int?</c>, or <see cref="FunctionOptions.SeesNulls"/>).</summary>
    void Add(ref TState state, T1 value);

    /// <summary>Adds the rows of another state.</summary>
    /// <param name="state">Of the same group; changed.</param>
    /// <param name="other">May be added to other states too, so it must not be changed, nor its objects be taken over.</param>
    void Combine(ref TState state, in TState other);

    /// <summary>The value of a group; null is NULL. May be asked several times, and rows may follow.</summary>
    TResult Finish(in TState state);
}

/// <summary>An aggregate of two arguments; see <see cref="IAggregate{TState,T1,TResult}"/>.</summary>
/// <typeparam name="TState">What is known of the rows so far.</typeparam>
/// <typeparam name="T1">Type of the first argument.</typeparam>
/// <typeparam name="T2">Type of the second argument.</typeparam>
/// <typeparam name="TResult">Type of the result.</typeparam>
public interface IAggregate<TState, T1, T2, TResult>
{
    /// <summary>Adds a row; see <see cref="IAggregate{TState,T1,TResult}.Add"/>.</summary>
    void Add(ref TState state, T1 first, T2 second);

    /// <summary>Adds the rows of another state; see <see cref="IAggregate{TState,T1,TResult}.Combine"/>.</summary>
    void Combine(ref TState state, in TState other);

    /// <summary>The value of a group; see <see cref="IAggregate{TState,T1,TResult}.Finish"/>.</summary>
    TResult Finish(in TState state);
}
