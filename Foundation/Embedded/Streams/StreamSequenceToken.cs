namespace Orleans.Streams
{
    /// <summary>The place of an event in its stream.</summary>
    [GenerateSerializer]
    public abstract class StreamSequenceToken : IEquatable<StreamSequenceToken>, IComparable<StreamSequenceToken>
    {
        /// <summary>The number of the batch that the event came in.</summary>
        public abstract long SequenceNumber { get; protected set; }

        /// <summary>The number of the event in its batch.</summary>
        public abstract int EventIndex { get; protected set; }

        /// <inheritdoc/>
        public abstract bool Equals(StreamSequenceToken? other);

        /// <inheritdoc/>
        public abstract int CompareTo(StreamSequenceToken? other);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(SequenceNumber, EventIndex);
    }

    /// <summary>An event with its place.</summary>
    /// <typeparam name="T">The event.</typeparam>
    public class SequentialItem<T>
    {
        /// <summary>Creates an item.</summary>
        /// <param name="item">The event.</param>
        /// <param name="token">Its place.</param>
        public SequentialItem(T item, StreamSequenceToken token)
        {
            Item = item;
            Token = token;
        }

        /// <summary>The event.</summary>
        public T Item { get; }

        /// <summary>Its place.</summary>
        public StreamSequenceToken Token { get; }
    }

    /// <summary>Events that were asked for are no longer kept.</summary>
    public class DataNotAvailableException : OrleansException
    {
        /// <summary>Creates the exception.</summary>
        public DataNotAvailableException()
            : this("Data not found")
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        public DataNotAvailableException(string message)
            : base(message)
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        /// <param name="inner">The cause.</param>
        public DataNotAvailableException(string message, Exception inner)
            : base(message, inner)
        {
        }
    }

    /// <summary>The events from the asked token on are no longer kept; delivery goes on with the oldest that is.</summary>
    public class QueueCacheMissException : DataNotAvailableException
    {
        /// <summary>Creates the exception.</summary>
        public QueueCacheMissException()
            : this("Item no longer in cache")
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        public QueueCacheMissException(string message)
            : base(message)
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        /// <param name="inner">The cause.</param>
        public QueueCacheMissException(string message, Exception inner)
            : base(message, inner)
        {
        }
    }

    /// <summary>An event could not be delivered to a consumer in time and was skipped for it.</summary>
    public class StreamEventDeliveryFailureException : OrleansException
    {
        /// <summary>Creates the exception.</summary>
        public StreamEventDeliveryFailureException()
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        public StreamEventDeliveryFailureException(string message)
            : base(message)
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="message">What happened.</param>
        /// <param name="innerException">The cause.</param>
        public StreamEventDeliveryFailureException(string message, Exception innerException)
            : base(message, innerException)
        {
        }

        /// <summary>Creates the exception.</summary>
        /// <param name="streamId">The stream.</param>
        public StreamEventDeliveryFailureException(StreamId streamId)
            : base($"An event of stream '{streamId}' could not be delivered in time and is skipped.")
        {
        }
    }
}

namespace Orleans.Providers.Streams.Common
{
    /// <summary>A place in a memory stream.</summary>
    [GenerateSerializer]
    public class EventSequenceToken : Orleans.Streams.StreamSequenceToken
    {
        /// <summary>The place of the first event of a batch.</summary>
        /// <param name="sequenceNumber">The number of the batch.</param>
        public EventSequenceToken(long sequenceNumber)
            : this(sequenceNumber, 0)
        {
        }

        /// <summary>A place in a batch.</summary>
        /// <param name="sequenceNumber">The number of the batch.</param>
        /// <param name="eventIndex">The number of the event in it.</param>
        public EventSequenceToken(long sequenceNumber, int eventIndex)
        {
            SequenceNumber = sequenceNumber;
            EventIndex = eventIndex;
        }

        /// <summary>For serializers.</summary>
        public EventSequenceToken()
        {
        }

        /// <inheritdoc/>
        [Id(0)]
        public override long SequenceNumber { get; protected set; }

        /// <inheritdoc/>
        [Id(1)]
        public override int EventIndex { get; protected set; }

        /// <summary>The place of another event of the same batch.</summary>
        /// <param name="eventInd">The number of the event.</param>
        /// <returns>The place.</returns>
        public EventSequenceToken CreateSequenceTokenForEvent(int eventInd) => new(SequenceNumber, eventInd);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as Orleans.Streams.StreamSequenceToken);

        /// <inheritdoc/>
        public override bool Equals(Orleans.Streams.StreamSequenceToken? other) =>
            other is EventSequenceToken token && token.SequenceNumber == SequenceNumber && token.EventIndex == EventIndex;

        /// <inheritdoc/>
        public override int CompareTo(Orleans.Streams.StreamSequenceToken? other)
        {
            if (other is null)
            {
                return 1;
            }

            if (other is not EventSequenceToken)
            {
                throw new ArgumentOutOfRangeException(nameof(other), other.GetType(), "A token of another kind of stream cannot be compared.");
            }

            var byNumber = SequenceNumber.CompareTo(other.SequenceNumber);
            return byNumber != 0 ? byNumber : EventIndex.CompareTo(other.EventIndex);
        }

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(SequenceNumber, EventIndex);

        /// <inheritdoc/>
        public override string ToString() => $"[EventSequenceToken: SeqNum={SequenceNumber}, EventIndex={EventIndex}]";
    }
}
