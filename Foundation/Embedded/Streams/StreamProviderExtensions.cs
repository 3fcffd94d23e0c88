namespace Orleans.Streams;

/// <summary>Shorthands for streams by the parts of their ids.</summary>
public static class StreamProviderExtensions
{
    /// <summary>A stream without namespace.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, Guid id) => Of(streamProvider).GetStream<T>(StreamId.Create(null, id));

    /// <summary>A stream.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string ns, Guid id) =>
        Of(streamProvider).GetStream<T>(StreamId.Create(ns, id));

    /// <summary>A stream without namespace.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string id) => Of(streamProvider).GetStream<T>(StreamId.Create(null, id));

    /// <summary>A stream.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string ns, string id) =>
        Of(streamProvider).GetStream<T>(StreamId.Create(ns, id));

    /// <summary>A stream without namespace.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, long id) => Of(streamProvider).GetStream<T>(StreamId.Create(null, id));

    /// <summary>A stream.</summary>
    /// <typeparam name="T">The event.</typeparam>
    /// <param name="streamProvider">The provider.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="id">The key.</param>
    /// <returns>The stream.</returns>
    public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string ns, long id) =>
        Of(streamProvider).GetStream<T>(StreamId.Create(ns, id));

    private static IStreamProvider Of(IStreamProvider streamProvider)
    {
        ArgumentNullException.ThrowIfNull(streamProvider);
        return streamProvider;
    }
}
