#include "harness/trace/observation_class.hpp"

namespace normdiff {

ObservationClass class_of(Slot slot) {
  switch (slot) {
    case Slot::identity:
      return ObservationClass::sharing;
    case Slot::training:
      return ObservationClass::flag;
    case Slot::momentum:
    case Slot::eps:
    case Slot::track_running_stats:
      return ObservationClass::option;
    case Slot::num_batches_tracked:
      return ObservationClass::counter;
    case Slot::running_mean:
    case Slot::running_var:
      return ObservationClass::statistic;
    case Slot::weight:
    case Slot::bias:
      return ObservationClass::parameter;
    case Slot::value:
    case Slot::leaf_output:
      return ObservationClass::output;
    case Slot::weight_grad:
    case Slot::bias_grad:
    case Slot::grad:
    case Slot::leaf_output_grad:
      return ObservationClass::gradient;
    default:
      return ObservationClass::artefact;
  }
}

}  // namespace normdiff
