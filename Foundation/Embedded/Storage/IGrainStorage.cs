namespace Orleans.Storage
{
    /// <summary>A store of grain state; registered under its name as a keyed service.</summary>
    public interface IGrainStorage
    {
        /// <summary>Reads a state. When nothing is stored, sets a new value, no etag and <see cref="IGrainState{T}.RecordExists"/> false.</summary>
        /// <typeparam name="T">The type of the value.</typeparam>
        /// <param name="stateName">The name of the state.</param>
        /// <param name="grainId">The grain.</param>
        /// <param name="grainState">Takes what is read.</param>
        /// <returns>A task that ends when it is read.</returns>
        Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Stores a state; durable when the task ends. Sets the new etag.</summary>
        /// <typeparam name="T">The type of the value.</typeparam>
        /// <param name="stateName">The name of the state.</param>
        /// <param name="grainId">The grain.</param>
        /// <param name="grainState">The value, and the etag it was read with.</param>
        /// <returns>A task that ends when it is stored.</returns>
        /// <exception cref="InconsistentStateException">Another etag is stored.</exception>
        Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

        /// <summary>Removes a state.</summary>
        /// <typeparam name="T">The type of the value.</typeparam>
        /// <param name="stateName">The name of the state.</param>
        /// <param name="grainId">The grain.</param>
        /// <param name="grainState">The etag it was read with; takes the empty state.</param>
        /// <returns>A task that ends when it is removed.</returns>
        /// <exception cref="InconsistentStateException">Another etag is stored.</exception>
        Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
    }
}

namespace Orleans
{
    /// <summary>A state between a grain and its store.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    public interface IGrainState<T>
    {
        /// <summary>The value.</summary>
        T State { get; set; }

        /// <summary>The version that was read or written last; null when nothing is stored.</summary>
        string ETag { get; set; }

        /// <summary>Whether something is stored.</summary>
        bool RecordExists { get; set; }
    }

    /// <summary>The plain implementation of <see cref="IGrainState{T}"/>.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    public class GrainState<T> : IGrainState<T>
    {
        /// <summary>An empty state.</summary>
        public GrainState()
        {
        }

        /// <summary>A state with a value.</summary>
        /// <param name="state">The value.</param>
        public GrainState(T state) => State = state;

        /// <summary>A state with a value and an etag.</summary>
        /// <param name="state">The value.</param>
        /// <param name="eTag">The etag.</param>
        public GrainState(T state, string eTag)
        {
            State = state;
            ETag = eTag;
        }

        /// <inheritdoc/>
        public T State { get; set; } = default!;

        /// <inheritdoc/>
        public string ETag { get; set; } = null!;

        /// <inheritdoc/>
        public bool RecordExists { get; set; }
    }
}
