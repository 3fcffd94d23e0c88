using System.Reflection;

namespace Orleans.Runtime
{
    /// <summary>Makes the values of parameters with a given attribute; registered in the container.</summary>
    /// <typeparam name="TMetadata">The attribute.</typeparam>
    public interface IAttributeToFactoryMapper<TMetadata>
        where TMetadata : IFacetMetadata
    {
        /// <summary>A factory for a parameter; asked once for each grain class.</summary>
        /// <param name="parameter">The parameter.</param>
        /// <param name="metadata">Its attribute.</param>
        /// <returns>The factory.</returns>
        Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, TMetadata metadata);
    }
}

namespace Orleans
{
    /// <summary>Marks an attribute of a grain's constructor parameter that says how its value is made.</summary>
    public interface IFacetMetadata
    {
    }

    /// <summary>Makes something from a parameter.</summary>
    /// <typeparam name="TParam">The parameter.</typeparam>
    /// <typeparam name="TResult">What is made.</typeparam>
    /// <param name="param">The parameter.</param>
    /// <returns>What was made.</returns>
    public delegate TResult Factory<in TParam, out TResult>(TParam param);
}
